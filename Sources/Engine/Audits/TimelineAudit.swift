import Ingest
public import SQL

/// Whether every event that has acted stands in somebody's timeline, and none that has not.
public struct TimelineAudit: Sendable {
  /// A bit each.
  private let eventsAtOnce: Int64

  /// - Parameter eventsAtOnce: bounds the memory; where the log is longer the timeline is read once for each so many.
  public init(eventsAtOnce: Int64 = 1 << 30) { self.eventsAtOnce = eventsAtOnce }

  /// Cost: a walk through the timeline and one through the log.
  public var audits: [Audit] {
    [
      Audit("cursor", "the engine has read no further than the log goes") { db, notes in
        let (cursor, last) = (try Engine.readCursor(db), try Self.bounds(db).last)
        if cursor > last { notes.find("the engine has read to event \(cursor), the last event is \(last)") }
        if cursor < last { notes.remark("\(last &- cursor) events are still to act") }
      },
      Audit("timeline", "every event that has acted stands in the timeline of its contact") { db, notes in
        try checkTimeline(db, notes)
      },
    ]
  }

  private static func bounds(_ db: Connection) throws -> (first: Int64, last: Int64) {
    let sql = "SELECT coalesce(min(seq), 1), coalesce(max(seq), 0) FROM events"
    return try db.first(sql) { (max(1, $0.int(0)), $0.int(1)) } ?? (1, 0)
  }

  private func checkTimeline(_ db: Connection, _ notes: AuditNotes) throws {
    let cursor = try Engine.readCursor(db)
    let (first, last) = try Self.bounds(db)
    let unacted = "SELECT 'event ' || seq || ' stands in a timeline and has not acted' FROM "
    try notes.find(db, unacted + "fresh_timeline WHERE seq > $1", [.int(cursor)])
    var hasLookedAhead = false
    var low = first
    let end = min(cursor, last)
    while low <= end {
      let high = end - low < eventsAtOnce ? end : low + eventsAtOnce - 1
      var seen = [UInt64](repeating: 0, count: Int((high - low) / 64) + 1)
      func see(_ seq: Int64) {
        if seq >= low, seq <= high { seen[Int((seq - low) / 64)] |= 1 << UInt64((seq - low) % 64) }
      }
      try db.each("SELECT seq FROM timeline") { row in
        see(row.int(0))
        if !hasLookedAhead, row.int(0) > cursor {
          notes.find("event \(row.int(0)) stands in a timeline and has not acted")
        }
        return true
      }
      hasLookedAhead = true
      try db.each("SELECT seq FROM fresh_timeline WHERE seq >= $1 AND seq <= $2", [.int(low), .int(high)]) { row in
        see(row.int(0))
        return true
      }
      let isThinned = try RetentionProgress.hasDeleted(db)
      // An event that names nobody has lost its contact: he was erased.
      let sql = "SELECT seq FROM events WHERE seq >= $1 AND seq <= $2 AND NOT \(EventLog.isBlank) ORDER BY seq"
      try notes.walk(db, sql, [.int(low), .int(high)], to: last) { row in
        let seq = row.int(0)
        guard seq >= low, seq <= high, seen[Int((seq - low) / 64)] >> UInt64((seq - low) % 64) & 1 == 0 else { return }
        if isThinned, try Self.isKept(seq, db) { return }
        notes.find("event \(seq) has acted and stands in no timeline")
      }
      guard high < end else { break }
      low = high + 1
    }
  }

  /// Retention leaves an event that a run needs in the log, not in the timeline.
  private static func isKept(_ seq: Int64, _ db: Connection) throws -> Bool {
    let sql = """
      SELECT 1 WHERE EXISTS (SELECT 1 FROM kept_events WHERE seq = $1)
        OR EXISTS (SELECT 1 FROM runs WHERE trigger_seq = $1)
      """
    return try db.first(sql, [.int(seq)]) { _ in true } ?? false
  }
}
