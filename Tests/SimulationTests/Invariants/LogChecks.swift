import SQL

/// The log: in order, each id once, read to the cursor, everything promised in it.
final class LogChecks {
  private let db: Connection
  /// As far as the timeline was found complete.
  private var checked: Int64 = 0
  private var lastCursor: Int64 = 0

  init(_ db: Connection) { self.db = db }

  func check() throws {
    let last = try db.first("SELECT coalesce(max(seq), 0) FROM events") { $0.int(0) } ?? 0
    let cursor = try db.first("SELECT value FROM facts WHERE name = 'engine.cursor'") { Int64($0.text(0)) ?? -1 } ?? 0
    guard cursor <= last else { throw Violation("the cursor is in the log", "cursor \(cursor), last event \(last)") }
    guard cursor >= lastCursor else { throw Violation("the cursor never goes back", "\(lastCursor) to \(cursor)") }
    lastCursor = cursor
    try checkOrder(through: last)
    try checkTimeline(through: cursor)
    checked = cursor
  }

  private func checkOrder(through last: Int64) throws {
    let sql = """
      SELECT e.seq FROM events e LEFT JOIN events b ON b.seq = e.seq - 1
      WHERE e.seq > $1 AND (e.at > e.accepted_at OR e.accepted_at < b.accepted_at OR (b.seq IS NULL AND e.seq > 1))
      LIMIT 1
      """
    guard let seq = try db.first(sql, [.int(checked)], { $0.int(0) }) else { return }
    throw Violation("the log is in order", "event \(seq)")
  }

  /// Every event up to the cursor has acted: it stands in some contact's timeline.
  private func checkTimeline(through cursor: Int64) throws {
    let sql = """
      SELECT e.seq FROM events e WHERE e.seq > $1 AND e.seq <= $2
        AND (SELECT count(*) FROM (SELECT contact, type, at, seq FROM timeline WHERE seq = e.seq
          UNION SELECT contact, type, at, seq FROM fresh_timeline WHERE seq = e.seq) t
          WHERE t.type = e.type AND t.at = e.at) <> 1
      LIMIT 1
      """
    guard cursor > checked, let seq = try db.first(sql, [.int(checked), .int(cursor)], { $0.int(0) }) else { return }
    throw Violation("the timeline is complete up to the cursor", "event \(seq), cursor \(cursor)")
  }

  /// No event that a client was told is stored may be missing.
  func checkPromises(_ shop: Shop) throws {
    let ids = Set(try db.query("SELECT id FROM events WHERE id IS NOT NULL") { $0.text(0) })
    if let lost = shop.acceptedIDs.subtracting(ids).min() {
      throw Violation("no acknowledged event is lost", "the event \(lost)")
    }
    let lost = shop.acceptedMarks.subtracting(try marks().map(\.mark))
    if let lost = lost.min() { throw Violation("no acknowledged event is lost", "the event without id number \(lost)") }
  }

  /// An id is one event; without an id a sending is one event at most.
  func checkOnce(_ shop: Shop) throws {
    let twice = "SELECT id FROM events WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1 LIMIT 1"
    if let id = try db.first(twice, [], { $0.text(0) }) {
      throw Violation("an event's id is stored once", "the event \(id)")
    }
    for (mark, count) in try marks() where count > shop.tries[mark] ?? 0 {
      throw Violation("a sending is stored once", "the event without id number \(mark): \(count) times")
    }
  }

  private func marks() throws -> [(mark: Int, count: Int)] {
    let sql = """
      SELECT json_extract(properties, '$.n') AS n, count(*) FROM events WHERE id IS NULL AND contact IS NULL GROUP BY n
      """
    return try db.query(sql) { (Int($0.int(0)), Int($0.int(1))) }
  }
}
