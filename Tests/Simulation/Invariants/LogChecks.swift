import Domain
import Ingest
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
  private let retention: RetentionPolicy
  private let erased: Erased
  /// What clients' events were when they were first seen: retention may delete some of them later.
  private var seen: [Erased.Sent: [Seen]] = [:]
  /// The latest that the wall clock has shown.
  private var wall: Int64 = 0

  private struct Seen {
    let type: String
    let acceptedAt: Int64
  }

  init(_ db: Connection, window: Int64, retention: RetentionPolicy, _ erased: Erased) {
    (self.db, self.window, self.retention, self.erased) = (db, window, retention, erased)
  }

  func check(wall: Int64) throws {
    self.wall = max(self.wall, wall)
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
    let first = try db.first("SELECT min(seq) FROM events WHERE seq > $1", [.int(lastSeq)]) { $0.int(0) } ?? 0
    guard first == lastSeq + 1 || !erased.isEmpty else {
      throw Violation("the log is in order", "event \(first) after \(lastSeq)")
    }
    // The one before may have been deleted since, and whatever is new may be of somebody who was erased at once.
    let sql = """
      SELECT e.seq FROM events e LEFT JOIN events b ON b.seq = e.seq - 1
      WHERE e.seq > $1 AND (e.at > e.accepted_at OR e.accepted_at < b.accepted_at OR (b.seq IS NULL AND e.seq > $1 + 1 AND $2))
      LIMIT 1
      """
    if let seq = try db.first(sql, [.int(lastSeq), .bool(erased.isEmpty)], { $0.int(0) }) {
      throw Violation("the log is in order", "event \(seq)")
    }
    if !retention.keepsEverything { try noteSeen() }
    try db.each("SELECT id, accepted_at FROM events WHERE seq > $1 AND id IS NOT NULL", [.int(lastSeq)]) { row in
      let (id, at) = (row.text(0), row.int(1))
      if let before = acceptedAt.updateValue(at, forKey: id), at - before <= window, !erased.mayLack(.id(id)) {
        throw Violation("an event's id is stored once", "the event \(id), at \(before) and \(at)")
      }
      return true
    }
  }

  private func noteSeen() throws {
    let sql = """
      SELECT e.id, json_extract(e.properties, '$.n'), y.name, e.accepted_at FROM events e JOIN event_types y ON y.id = e.type
      WHERE e.seq > $1 AND (e.id IS NOT NULL OR e.contact IS NULL) AND NOT \(EventLog.isBlank)
      """
    try db.each(sql, [.int(lastSeq)]) { row in
      let name = row.optionalText(0).map { Erased.Sent.id($0) } ?? .mark(Int(row.int(1)))
      seen[name, default: []].append(Seen(type: row.text(2), acceptedAt: row.int(3)))
      return true
    }
  }

  /// Nothing is missing that was kept too short a time.
  private func mayBeGone(_ name: Erased.Sent) -> Bool {
    erased.mayLack(name) || seen[name]?.allSatisfy(mayBeGone) ?? false
  }

  private func mayBeGone(_ event: Seen) -> Bool {
    guard let span = retention.span(ofType: event.type) else { return false }
    return event.acceptedAt <= RetentionPolicy.limit(span, at: Timestamp(milliseconds: wall)).milliseconds
  }

  /// With nothing left to wait for, what has been kept long enough is gone, but for what a run needed.
  func checkDeleted() throws {
    let sql = """
      SELECT e.seq, y.name, e.accepted_at FROM events e JOIN event_types y ON y.id = e.type
      WHERE e.seq < (SELECT max(seq) FROM events) AND e.seq NOT IN (SELECT seq FROM kept_events)
      """
    let rows = try db.query(sql) { (seq: $0.int(0), type: $0.text(1), acceptedAt: $0.int(2)) }
    for row in rows {
      guard let span = retention.span(ofType: row.type) else { continue }
      throw Violation("what was kept long enough goes", "event \(row.seq), \(row.type), kept for \(span.text)")
    }
  }

  /// Every event up to the cursor has acted: it stands in some contact's timeline.
  private func checkTimeline(through cursor: Int64) throws {
    let sql = """
      SELECT e.seq FROM events e WHERE e.seq > $1 AND e.seq <= $2
        AND NOT \(EventLog.isBlank)
        AND NOT EXISTS (SELECT 1 FROM fresh_timeline f WHERE f.seq = e.seq AND f.type = e.type AND f.at = e.at)
        AND NOT EXISTS (SELECT 1 FROM timeline t WHERE t.seq = e.seq AND t.type = e.type AND t.at = e.at)
        AND NOT EXISTS (SELECT 1 FROM kept_events k WHERE k.seq = e.seq)
      LIMIT 1
      """
    guard let seq = try db.first(sql, [.int(lastCursor), .int(cursor)], { $0.int(0) }) else { return }
    throw Violation("the timeline is complete up to the cursor", "event \(seq), cursor \(cursor)")
  }

  /// All of it: each event in one contact's timeline, once; a merge may have a row in both tables. What only a run still
  /// needs stands in none.
  func checkWholeTimeline() throws {
    let sql = """
      SELECT e.seq FROM events e LEFT JOIN (
        SELECT seq, type, at, count(*) AS rows FROM (
          SELECT contact, type, at, seq FROM timeline UNION \(HandOverChecks.fresh))
        GROUP BY seq
      ) t ON t.seq = e.seq
      WHERE e.seq <= $1 AND (t.rows IS NOT 1 OR t.type <> e.type OR t.at <> e.at) AND NOT \(EventLog.isBlank)
        AND NOT (t.rows IS NULL AND EXISTS (SELECT 1 FROM kept_events k WHERE k.seq = e.seq)) LIMIT 1
      """
    guard let seq = try db.first(sql, [.int(lastCursor)], { $0.int(0) }) else { return }
    throw Violation("the timeline is complete up to the cursor", "event \(seq), cursor \(lastCursor)")
  }

  /// No event that a client was told is stored may be missing before its time.
  func checkPromises(_ shop: Shop) throws {
    let ids = Set(try db.query("SELECT id FROM events WHERE id IS NOT NULL") { $0.text(0) })
    if let lost = shop.acceptedIDs.subtracting(ids).filter({ !mayBeGone(.id($0)) }).min() { throw Self.lost(lost) }
    let lost = shop.acceptedMarks.subtracting(try marks().map(\.mark))
    if let lost = lost.filter({ !mayBeGone(.mark($0)) }).min() { throw Self.lost("without id, number \(lost)") }
  }

  /// The same for what was promised lately.
  func checkFreshPromises(_ shop: inout Shop) throws {
    let fresh = shop.takeFresh()
    for id in fresh.ids {
      let found = try db.first("SELECT 1 FROM events WHERE id = $1 ORDER BY seq DESC LIMIT 1", [.text(id)]) { _ in true
      }
      if found == nil, !mayBeGone(.id(id)) { throw Self.lost(id) }
    }
    let sql = """
      SELECT 1 FROM events WHERE id IS NULL AND contact IS NULL AND json_extract(properties, '$.n') = $1
      ORDER BY seq DESC LIMIT 1
      """
    for mark in fresh.marks where try db.first(sql, [.int(Int64(mark))], { _ in true }) == nil {
      if mayBeGone(.mark(mark)) { continue }
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
    for batch in shop.batches where !batch.contains(where: { erased.mayLack(.mark($0)) }) {
      // Where some of it may have been deleted since, as it was when it came.
      let counts = batch.map { retention.keepsEverything ? stored[$0] ?? 0 : seen[.mark($0)]?.count ?? 0 }
      guard Set(counts).count > 1 else { continue }
      throw Violation("no batch is half stored", "of the events without id \(batch) not all")
    }
    for case (.mark(let mark), let copies) in seen
    where stored[mark] ?? 0 < copies.count && !erased.mayLack(.mark(mark)) {
      guard stored[mark] ?? 0 >= copies.filter({ !mayBeGone($0) }).count else {
        throw Violation("no event that was seen is lost", "without id, number \(mark)")
      }
    }
  }

  /// The file is whole, by SQLite's own judgement.
  func checkStore() throws {
    let found = try db.first("PRAGMA integrity_check(1)") { $0.text(0) } ?? "nothing"
    guard found == "ok" else { throw Violation("the file is whole", found) }
  }

  private func marks() throws -> [(mark: Int, count: Int)] {
    let sql = """
      SELECT json_extract(properties, '$.n') AS n, count(*) FROM events
      WHERE id IS NULL AND contact IS NULL AND NOT \(EventLog.isBlank) GROUP BY n
      """
    return try db.query(sql) { (Int($0.int(0)), Int($0.int(1))) }
  }
}
