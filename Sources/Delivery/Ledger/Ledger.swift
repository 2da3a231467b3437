import Domain
import Engine
import Ingest
import JSON
import SQL

/// The messages' rows and how they move: planned → sending → sent, failed, skipped, unknown, or back to planned for
/// another try. Every move that ends a hand-over is an event in the log too, by which the engine moves the run on.
struct Ledger {
  let log: EventLog
  let counters: Counters

  private static let claiming = Query(
    """
    UPDATE messages SET status = 'sending', attempts = attempts + 1, sending_at = $2, address = $3, "values" = $4,
      template_version = $5, price = $6, due_at = NULL, consent = $7 WHERE id = $1
    """)

  /// The intent: written before the adapter is called.
  func claim(
    _ message: DueMessage, _ passage: Gate.Passage, version: Int64, price: String?, now: Int64, _ db: Connection
  )
    throws
  {
    let values = passage.values.serialized()
    try db.run(Self.claiming) { row in
      row.bind(1, message.id)
      row.bind(2, now)
      row.bind(3, passage.address)
      values.withUnsafeBytes { row.bind(4, textBytes: $0) }
      row.bind(5, version)
      row.bind(6, price)
      row.bind(7, passage.consent)
    }
    counters.move(message.channel, from: "planned", to: "sending")
  }

  private static let dropping = Query(
    """
    UPDATE messages SET status = $2, error = $3, due_at = NULL,
      held_by = CASE WHEN $3 = 'hold' AND error IS NOT NULL THEN $4 ELSE held_by END
    WHERE id = $1 RETURNING held_by
    """)

  /// A planned message that will not leave.
  func drop(
    _ message: DueMessage, as status: String, reason: String, chain: String, now: Int64, _ db: Connection
  ) throws {
    let heldBy = try db.first(Self.dropping) { row in
      row.bind(1, message.id)
      row.bind(2, status)
      row.bind(3, reason)
      row.bind(4, HeldBy.provider.text)
    } read: {
      $0.optionalText(0)
    }
    counters.move(message.channel, from: "planned", to: status)
    counters.close(chain: message.chain, version: message.version, step: message.label)
    var more: JSONObject = ["reason": .string(reason)]
    more["held_by"] = heldBy.flatMap { $0 }.map(JSONValue.string)
    let event = MessageEvent(
      type: "message." + status, message: message.id, contact: message.contact, channel: message.channel,
      chain: chain, step: message.label, more: more)
    try log.append(own: [event.incoming], now: now, db)
  }

  /// It is looked at again then. Whoever has won its slot keeps the name, also when the slot is taken for good.
  func postpone(_ message: DueMessage, to moment: Timestamp, by held: HeldBy, _ db: Connection) throws {
    let text = message.heldBy.flatMap { $0.hasPrefix(held.text + ":") ? $0 : nil } ?? held.text
    try db.run(
      "UPDATE messages SET due_at = $2, held_by = $3 WHERE id = $1",
      [.int(message.id), .int(moment.milliseconds), .text(text)])
    countHeld(message)
  }

  func park(_ message: DueMessage, _ db: Connection) throws {
    try db.run(
      "UPDATE messages SET parked_at = due_at, due_at = NULL, held_by = $2 WHERE id = $1",
      [.int(message.id), .text(HeldBy.pause.text)])
    countHeld(message)
  }

  /// Once a message, however often and by whatever it is held.
  private func countHeld(_ message: DueMessage) {
    guard message.heldBy == nil else { return }
    counters.count(
      Counters.Key(chain: message.chain, version: message.version, step: message.label, outcome: "held"))
  }

  private static let finishing = Query(
    """
    UPDATE messages SET status = $3, provider_id = coalesce($4, provider_id), error = $5,
      sent_at = CASE WHEN $3 IN ('sent', 'unknown') THEN $6 ELSE sent_at END
    WHERE id = $1 AND status = 'sending' AND attempts = $2
    """)

  /// The end of a hand-over. False when the claim is not the one that is open: its answer came too late.
  func finish(
    _ claim: Claim, as status: String, providerID: String? = nil, error: String? = nil, more: JSONObject = [:],
    now: Int64, _ db: Connection
  ) throws -> Bool {
    let changed = try db.run(Self.finishing) { row in
      row.bind(1, claim.message)
      row.bind(2, claim.attempt)
      row.bind(3, status)
      row.bind(4, providerID)
      row.bind(5, error)
      row.bind(6, now)
    }
    guard changed == 1 else { return false }
    counters.move(claim.channel, from: "sending", to: status)
    counters.close(chain: claim.chainNumber, version: claim.version, step: claim.step)
    let event = MessageEvent(
      type: "message." + status, message: claim.message, contact: claim.contact, channel: claim.channel,
      chain: claim.chain, step: claim.step, more: more)
    try log.append(own: [event.incoming], now: now, db)
    return true
  }

  /// Another try later, but not after it expires: then it is dropped. False when the claim is not the one that is open.
  /// - Parameter countsTry: false gives the try back: the provider never looked at the message.
  func retry(
    _ claim: Claim, at moment: Int64, error: String?, countsTry: Bool = true, _ db: Connection
  ) throws -> Bool {
    let sql = """
      UPDATE messages SET status = 'planned', error = $4, attempts = attempts - $5,
        due_at = CASE WHEN expires_at < $3 THEN expires_at ELSE $3 END
      WHERE id = $1 AND status = 'sending' AND attempts = $2
      """
    let changed = try db.run(
      sql,
      [.int(claim.message), .int(claim.attempt), .int(moment), .optional(error), .int(countsTry ? 0 : 1)])
    guard changed == 1 else { return false }
    counters.move(claim.channel, from: "sending", to: "planned")
    return true
  }
}
