import Domain
import SQL

extension RunSteps {
  /// Takes back a message that a pause has held back for longer than `late` allows; false where it may leave.
  func dropLate(_ message: Resumption.ParkedMessage, now: Timestamp, _ db: Connection) throws -> Bool {
    guard let run = try recent.run(message.run, db), let version = try catalog.readable(run.chain, run.version, db),
      let send = version.chain.send(at: message.step)
    else { return false }
    let zone = try recent.contact(run.contact, db)?.zone ?? rules.shopZone
    guard version.chain.isTooLate(send, due: message.dueAt, lateness: now - message.dueAt, in: zone) else {
      return false
    }
    try requests.withdraw(run, message.id, of: version, reason: "late", now: now.milliseconds, db)
    return true
  }
}
