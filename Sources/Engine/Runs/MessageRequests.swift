import Domain
import Ingest
import JSON
import SQL

/// What the engine hands to delivery: rows of the ledger with status `planned`, and their withdrawal.
struct MessageRequests {
  let log: EventLog
  let counters: Counters

  private static let insertion = Query(
    """
    INSERT INTO messages (run, chain, version, step, label, contact, channel, purpose, template, status, planned_at,
      due_at, expires_at, error, held_by)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    ON CONFLICT DO NOTHING
    """)

  /// False when the run has had the message of this step already: an edit has put the step, or the run, elsewhere.
  func plan(
    _ planned: PlannedMessage, for run: Run, of version: ChainVersion, now: Int64, _ db: Connection
  ) throws -> Bool {
    let status = planned.skip == nil ? "planned" : "skipped"
    let isHeld = planned.skip == nil && planned.dueAt > planned.plannedAt
    let inserted = try db.run(Self.insertion) { row in
      row.bind(1, run.id)
      row.bind(2, run.chain)
      row.bind(3, run.version)
      row.bind(4, planned.step)
      row.bind(5, planned.label)
      row.bind(6, run.contact)
      row.bind(7, planned.channel)
      row.bind(8, planned.purpose.rawValue)
      row.bind(9, planned.template)
      row.bind(10, status)
      row.bind(11, planned.plannedAt.milliseconds)
      row.bind(12, planned.skip == nil ? planned.dueAt.milliseconds : nil)
      row.bind(13, planned.expiresAt.milliseconds)
      row.bind(14, planned.skip)
      row.bind(15, isHeld ? HeldBy.hours.text : nil)
    }
    guard inserted == 1 else { return false }
    func count(_ outcome: String) {
      counters.count(Counters.Key(chain: run.chain, version: run.version, step: planned.label, outcome: outcome))
    }
    count("planned")
    count(planned.skip == nil ? Counters.pending : Counters.unread)
    if isHeld { count("held") }
    counters.move(planned.channel, from: nil, to: status)
    guard let reason = planned.skip else { return true }
    let event = MessageEvent(
      type: "message.skipped", message: db.lastInsertedRow, contact: run.contact, channel: planned.channel,
      chain: version.id, step: planned.label, more: ["reason": .string(reason)])
    try log.append(own: [event.incoming], now: now, db)
    return true
  }

  /// Takes back what the run had planned and what has not been claimed.
  /// - Parameter message: that one alone.
  func withdraw(
    _ run: Run, _ message: Int64? = nil, of version: ChainVersion, reason: String, now: Int64, _ db: Connection
  ) throws {
    let sql = """
      UPDATE messages SET status = 'skipped', due_at = NULL, parked_at = NULL, error = $2
      WHERE run = $1 AND status = 'planned'\(message == nil ? "" : " AND id = $3")
      RETURNING id, channel, version, label, held_by
      """
    let parameters: [SQLValue] = [.int(run.id), .text(reason)] + (message.map { [.int($0)] } ?? [])
    let taken = try db.query(sql, parameters) {
      (id: $0.int(0), channel: $0.text(1), version: $0.int(2), label: $0.text(3), heldBy: $0.optionalText(4))
    }
    for message in taken {
      counters.move(message.channel, from: "planned", to: "skipped")
      counters.close(chain: run.chain, version: message.version, step: message.label)
      var more: JSONObject = ["reason": .string(reason)]
      more["held_by"] = message.heldBy.map(JSONValue.string)
      let event = MessageEvent(
        type: "message.skipped", message: message.id, contact: run.contact, channel: message.channel,
        chain: version.id, step: message.label, more: more)
      try log.append(own: [event.incoming], now: now, db)
    }
  }
}
