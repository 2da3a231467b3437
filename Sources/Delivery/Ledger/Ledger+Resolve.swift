import Domain
import Engine
import Ingest
import JSON
import SQL

extension Ledger {
  /// Ends the doubt about a message. False when there is none.
  func resolve(_ message: Message, as verdict: Resolution.Verdict, now: Int64, _ db: Connection) throws -> Bool {
    switch verdict {
    case .sent: try markSent(message, now: now, db)
    case .retry: try planAgain(message, now: now, db)
    }
  }

  private func markSent(_ message: Message, now: Int64, _ db: Connection) throws -> Bool {
    let changed = try db.run(
      "UPDATE messages SET status = 'sent', error = NULL WHERE id = $1 AND status = 'unknown'", [.int(message.id)])
    guard changed == 1 else { return false }
    let event = MessageEvent(
      type: "message.sent", message: message.id, contact: message.contact, channel: message.channel,
      chain: message.chain, step: message.step, more: ["was": "unknown"])
    try log.append(own: [event.incoming], now: now, db)
    counters.move(message.channel, from: "unknown", to: "sent")
    try counters.write(db)
    return true
  }

  /// Who asks for another try means now: the message gets a day from here, whatever it had left.
  private func planAgain(_ message: Message, now: Int64, _ db: Connection) throws -> Bool {
    let sql = """
      UPDATE messages SET status = 'planned', due_at = $2, sent_at = NULL, attempts = 0, error = NULL,
        expires_at = CASE WHEN expires_at > $3 THEN expires_at ELSE $3 END
      WHERE id = $1 AND status = 'unknown' RETURNING chain, version
      """
    let expires = now + LocalTime.millisecondsPerDay
    let row = try db.first(sql, [.int(message.id), .int(now), .int(expires)]) { ($0.int(0), $0.int(1)) }
    guard let (chain, version) = row else { return false }
    counters.move(message.channel, from: "unknown", to: "planned")
    func count(_ figure: String, by amount: Int64) {
      counters.count(Counters.Key(chain: chain, version: version, step: message.step, outcome: figure), by: amount)
    }
    count("unknown", by: -1)
    count(Counters.pending, by: 1)
    try counters.write(db)
    return true
  }
}
