import SQL

/// The log: in order, each id once in its window, read to the cursor, everything promised in it.
final class LogChecks {
  private let db: Connection
  private let window: Int64
  /// As far as the log was found in order, and the timeline complete.
  private var lastSeq: Int64 = 0
  private var lastCursor: Int64 = 0
  /// When the newest event with an id was accepted.
  private var acceptedAt: [String: Int64] = [:]

  init(_ db: Connection, window: Int64) { (self.db, self.window) = (db, window) }

  func check() throws {
    let last = try db.first("SELECT coalesce(max(seq), 0) FROM events") { $0.int(0) } ?? 0
    let cursor = try db.first("SELECT value FROM facts WHERE name = 'engine.cursor'") { Int64($0.text(0)) ?? -1 } ?? 0
    guard cursor <= last else { throw Violation("the cursor is in the log", "cursor \(cursor), last event \(last)") }
    guard cursor >= lastCursor else { throw Violation("the cursor never goes back", "\(lastCursor) to \(cursor)") }
    guard last >= lastSeq else { throw Violation("no event that was seen is lost", "\(lastSeq), now \(last)") }
    if last > lastSeq { try checkOrder() }
    if cursor > lastCursor { try checkTimeline(through: cursor) }
    (lastSeq, lastCursor) = (last, cursor)
  }

  private func checkOrder() throws {
    let sql = """
      SELECT e.seq FROM events e LEFT JOIN events b ON b.seq = e.seq - 1
      WHERE e.seq > $1 AND (e.at > e.accepted_at OR e.accepted_at < b.accepted_at OR (b.seq IS NULL AND e.seq > 1))
      LIMIT 1
      """
    if let seq = try db.first(sql, [.int(lastSeq)], { $0.int(0) }) {
      throw Violation("the log is in order", "event \(seq)")
    }
    try db.each("SELECT id, accepted_at FROM events WHERE seq > $1 AND id IS NOT NULL", [.int(lastSeq)]) { row in
      let (id, at) = (row.text(0), row.int(1))
      if let before = acceptedAt.updateValue(at, forKey: id), at - before <= window {
        throw Violation("an event's id is stored once", "the event \(id), at \(before) and \(at)")
      }
      return true
    }
  }

  /// Every event up to the cursor has acted: it stands in some contact's timeline.
  private func checkTimeline(through cursor: Int64) throws {
    let sql = """
      SELECT e.seq FROM events e WHERE e.seq > $1 AND e.seq <= $2
        AND NOT EXISTS (SELECT 1 FROM fresh_timeline f WHERE f.seq = e.seq AND f.type = e.type AND f.at = e.at)
        AND NOT EXISTS (SELECT 1 FROM timeline t WHERE t.seq = e.seq AND t.type = e.type AND t.at = e.at)
      LIMIT 1
      """
    guard let seq = try db.first(sql, [.int(lastCursor), .int(cursor)], { $0.int(0) }) else { return }
    throw Violation("the timeline is complete up to the cursor", "event \(seq), cursor \(cursor)")
  }

  /// All of it: each event in one contact's timeline, once; a merge may have a row in both tables.
  func checkWholeTimeline() throws {
    let sql = """
      SELECT e.seq FROM events e LEFT JOIN (
        SELECT seq, type, at, count(*) AS rows FROM (
          SELECT contact, type, at, seq FROM timeline UNION \(HandOverChecks.fresh))
        GROUP BY seq
      ) t ON t.seq = e.seq
      WHERE e.seq <= $1 AND (t.rows IS NOT 1 OR t.type <> e.type OR t.at <> e.at) LIMIT 1
      """
    guard let seq = try db.first(sql, [.int(lastCursor)], { $0.int(0) }) else { return }
    throw Violation("the timeline is complete up to the cursor", "event \(seq), cursor \(lastCursor)")
  }

  /// No event that a client was told is stored may be missing.
  func checkPromises(_ shop: Shop) throws {
    let ids = Set(try db.query("SELECT id FROM events WHERE id IS NOT NULL") { $0.text(0) })
    if let lost = shop.acceptedIDs.subtracting(ids).min() { throw Self.lost(lost) }
    let lost = shop.acceptedMarks.subtracting(try marks().map(\.mark))
    if let lost = lost.min() { throw Self.lost("without id, number \(lost)") }
  }

  /// The same for what was promised lately.
  func checkFreshPromises(_ shop: inout Shop) throws {
    let fresh = shop.takeFresh()
    for id in fresh.ids {
      let found = try db.first("SELECT 1 FROM events WHERE id = $1 ORDER BY seq DESC LIMIT 1", [.text(id)]) { _ in true
      }
      if found == nil { throw Self.lost(id) }
    }
    let sql = """
      SELECT 1 FROM events WHERE id IS NULL AND contact IS NULL AND json_extract(properties, '$.n') = $1
      ORDER BY seq DESC LIMIT 1
      """
    for mark in fresh.marks where try db.first(sql, [.int(Int64(mark))], { _ in true }) == nil {
      throw Self.lost("without id, number \(mark)")
    }
  }

  private static func lost(_ event: String) -> Violation {
    Violation("no acknowledged event is lost", "the event \(event)")
  }

  /// Without an id a sending is one event at most.
  func checkSentOnce(_ shop: Shop) throws {
    for (mark, count) in try marks() where count > shop.tries[mark] ?? 0 {
      throw Violation("a sending is stored once", "the event without id, number \(mark): \(count) times")
    }
  }

  /// A call is stored with all its events or not at all.
  func checkBatches(_ shop: Shop) throws {
    let stored = Dictionary(try marks().map { ($0.mark, $0.count) }) { $1 }
    for batch in shop.batches where Set(batch.map { stored[$0] ?? 0 }).count > 1 {
      throw Violation("no batch is half stored", "of the events without id \(batch) not all")
    }
  }

  /// The file is whole, by SQLite's own judgement.
  func checkStore() throws {
    let found = try db.first("PRAGMA integrity_check(1)") { $0.text(0) } ?? "nothing"
    guard found == "ok" else { throw Violation("the file is whole", found) }
  }

  private func marks() throws -> [(mark: Int, count: Int)] {
    let sql = """
      SELECT json_extract(properties, '$.n') AS n, count(*) FROM events WHERE id IS NULL AND contact IS NULL GROUP BY n
      """
    return try db.query(sql) { (Int($0.int(0)), Int($0.int(1))) }
  }
}
