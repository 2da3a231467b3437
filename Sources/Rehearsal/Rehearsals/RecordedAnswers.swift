import Delivery
import Domain
import SQL

/// What became of the chain's messages when it lived: the same message of the rehearsal ends the same way, at the same
/// moment where it was planned for the same.
final class RecordedAnswers {
  /// A run's second message is planned a moment after the first was handed over: a busy server's moments differ.
  private static let samePlanMilliseconds: Int64 = 60_000

  private struct Recorded {
    let id: Int64
    let status: String
    let plannedAt: Timestamp
    let sentAt: Timestamp?
    let error: String?
  }

  private let db: () -> Connection?
  /// What went wrong while a message was handed over, where nothing can be thrown.
  private(set) var failure: (any Error)?

  /// Other chains' messages.
  var rivals: Rivals?

  init(_ db: @escaping () -> Connection?) { self.db = db }

  func answer(_ claim: Claim, _ now: Timestamp) -> (answer: HandOver, at: Timestamp) {
    if let known = rivals?.answer(claim, now) { return known }
    do {
      guard let db = db(), let recorded = try find(claim, db) else { return (.accepted(providerID: nil), now) }
      let planned = try db.first("SELECT planned_at FROM messages WHERE id = $1", [.int(claim.message)]) { $0.int(0) }
      let isSame = abs((planned ?? 0) - recorded.plannedAt.milliseconds) <= Self.samePlanMilliseconds
      let at = isSame ? max(now, recorded.sentAt ?? now) : now
      switch recorded.status {
      case "sent":
        try note(recorded, claim, db)
        return (.accepted(providerID: nil), at)
      case "unknown" where isSame:
        try note(recorded, claim, db)
        return (.unknown(reason: recorded.error ?? "unknown"), at)
      case "failed" where isSame: return (.rejected(reason: recorded.error ?? "rejected"), now)
      default: return (.accepted(providerID: nil), now)
      }
    } catch {
      failure = failure ?? error
      return (.accepted(providerID: nil), now)
    }
  }

  /// The rehearsal's message in the place of a recorded one; nil: it was not sent, or not yet.
  static func rehearsed(_ past: Int64, _ db: Connection) throws -> Int64? {
    try db.first("SELECT message FROM rehearsed WHERE past = $1", [.int(past)]) { $0.int(0) }
  }

  private func find(_ claim: Claim, _ db: Connection) throws -> Recorded? {
    let entrySQL = "SELECT e.id, r.entry_at FROM runs r JOIN events e ON e.seq = r.entry_seq WHERE r.id = $1"
    guard
      let entry = try db.first(entrySQL, [.int(claim.run)], { ($0.optionalText(0).flatMap { Int64($0) }, $0.int(1)) })
    else { return nil }
    // What time alone began has an event of its own here: it is known by its moment.
    let sql = """
      SELECT id, status, planned_at, sent_at, error FROM past_messages
      WHERE contact = $1 AND label = $2
        AND CASE WHEN $3 IS NULL THEN abs(entry_at - $4) <= \(Self.samePlanMilliseconds) ELSE entry = $3 END
      ORDER BY id LIMIT 1
      """
    let parameters: [SQLValue] = [.int(claim.contact), .text(claim.step), .optional(entry.0), .int(entry.1)]
    return try db.first(sql, parameters) { row in
      Recorded(
        id: row.int(0), status: row.text(1), plannedAt: Timestamp(milliseconds: row.int(2)),
        sentAt: row.optionalInt(3).map { Timestamp(milliseconds: $0) }, error: row.optionalText(4))
    }
  }

  private func note(_ recorded: Recorded, _ claim: Claim, _ db: Connection) throws {
    _ = try db.transaction {
      try db.run(
        "INSERT OR IGNORE INTO rehearsed (past, message) VALUES ($1, $2)", [.int(recorded.id), .int(claim.message)])
    }
  }
}
