import Delivery
public import Domain
import Engine
import Ingest
import SQL

/// How time goes by: from one moment at which something is due to the next, never over one.
extension World {
  /// Lets everything act that is due before `moment`, each at its own time; then the clock shows `moment`, where nothing
  /// has acted yet: what happens there comes before the timers.
  public func move(to moment: Timestamp) throws {
    guard moment > now else { return }
    try settle()
    while let due = try nextDue(), due < moment {
      now = due
      try settle()
    }
    now = moment
  }

  /// Lets everything act that is due by now, until nothing is left to do at this moment.
  public func settle() throws {
    var here = 0
    repeat {
      here += 1
      guard here <= setting.limits.roundsAMoment else {
        throw WorldError(
          "expected \(now.rfc3339) to end, got \(here) rounds and still more to do: do chains lead to each other?")
      }
      try round()
    } while try !isSettled()
  }

  /// `move` and `settle`.
  public func live(until moment: Timestamp) throws {
    try move(to: moment)
    try settle()
  }

  /// When time alone makes something happen next; nil: never.
  public func nextDue() throws -> Timestamp? {
    let delivered = try delivery.nextDue(now: now.milliseconds, db).map { Timestamp(milliseconds: $0) }
    return [try engine.nextDue(db), delivered, dispatch.nextAnswer].compactMap { $0 }.min()
  }

  private func isSettled() throws -> Bool {
    guard engine.isAtEnd, !engine.hasSlicesLeft else { return false }
    return try nextDue().map { $0 > now } ?? true
  }

  /// As a round of the writer: the engine, then the delivery, one commit.
  private func round() throws {
    rounds += 1
    try checkBounds()
    dispatch.answer(through: now)
    do {
      try db.transaction {
        _ = try engine.work(db, now: now.milliseconds)
        _ = try delivery.work(db, now: now.milliseconds)
      }
    } catch {
      engine.rolledBack()
      delivery.rolledBack()
      throw error
    }
    engine.committed()
    delivery.committed()
  }

  private func checkBounds() throws {
    let limits = setting.limits
    if isOver() { throw WorldError("it was ended before it was done, at \(now.rfc3339)") }
    if rounds > limits.rounds { throw WorldError("expected at most \(limits.rounds) rounds, got more") }
    if log.lastSeq - firstSeq > limits.events {
      throw WorldError("expected at most \(limits.events) events, got more by \(now.rfc3339)")
    }
    if dispatch.count > limits.messages {
      throw WorldError("expected at most \(limits.messages) messages, got more by \(now.rfc3339)")
    }
  }
}
