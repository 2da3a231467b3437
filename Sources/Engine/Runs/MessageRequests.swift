import Domain
import Ingest
import JSON
import SQL

/// What the engine hands to delivery: rows of the ledger with status `planned`, and their withdrawal.
struct MessageRequests {
  let log: EventLog
  let counters: Counters

  func plan(_ planned: PlannedMessage, for run: Run, of version: ChainVersion, now: Int64, _ db: Connection) throws {
    let sql = """
      INSERT INTO messages (run, chain, version, step, label, contact, channel, purpose, template, status, planned_at,
        due_at, expires_at, error)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
      """
    let status = planned.skip == nil ? "planned" : "skipped"
    try db.run(
      sql,
      [
        .int(run.id), .int(run.chain), .int(run.version), .int(planned.step), .text(planned.label), .int(run.contact),
        .text(planned.channel), .text(planned.purpose.rawValue), .text(planned.template), .text(status),
        .int(planned.plannedAt.milliseconds),
        planned.skip == nil ? .int(planned.dueAt.milliseconds) : .null, .int(planned.expiresAt.milliseconds),
        .optional(planned.skip),
      ])
    counters.count(
      Counters.Key(chain: run.chain, version: run.version, step: planned.label, outcome: "planned"))
    counters.move(planned.channel, from: nil, to: status)
    guard let reason = planned.skip else { return }
    let event = MessageEvent(
      type: "message.skipped", message: db.lastInsertedRow, contact: run.contact, channel: planned.channel,
      chain: version.id, step: planned.label, more: ["reason": .string(reason)])
    try log.append(own: [event.incoming], now: now, db)
  }

  /// Takes back what the run had planned and what has not been claimed.
  func withdraw(_ run: Run, of version: ChainVersion, reason: String, now: Int64, _ db: Connection) throws {
    let sql = """
      UPDATE messages SET status = 'skipped', due_at = NULL, parked_at = NULL, error = $2
      WHERE run = $1 AND status = 'planned' RETURNING id, channel, label
      """
    let taken = try db.query(sql, [.int(run.id), .text(reason)]) { ($0.int(0), $0.text(1), $0.text(2)) }
    for (message, channel, label) in taken {
      counters.move(channel, from: "planned", to: "skipped")
      let event = MessageEvent(
        type: "message.skipped", message: message, contact: run.contact, channel: channel, chain: version.id,
        step: label, more: ["reason": .string(reason)])
      try log.append(own: [event.incoming], now: now, db)
    }
  }
}
