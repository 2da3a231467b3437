public import Domain
import Ingest
public import SQL

/// Empties messages that are over and were planned long enough ago: the values that their template saw, from which subject
/// and text are rendered again, and what an operator read of them. The rows stay, with addresses and outcomes.
public final class BodyExpiry: Sweeper {
  private struct Row {
    let id: Int64
    let plannedAt: Timestamp
    let isOver: Bool
    let isFull: Bool
  }

  private static let progressName = "bodies"

  public let kind = "bodies"
  private let span: Span
  /// Where the walk is; nil: at what the file remembers.
  private var last: Int64?
  /// Whether everything before was over; then the file remembers how far that is.
  private var isWhole = true

  public init(_ span: Span) { self.span = span }

  public func forget() { (last, isWhole) = (nil, true) }

  public func sweep(_ db: Connection, now: Int64, limit: Int) throws -> Sweep {
    let age = RetentionPolicy.limit(span, at: Timestamp(milliseconds: now))
    let start = try last ?? RetentionProgress.read(Self.progressName, db)
    let rows = try read(after: start, limit, db)
    // Ids rise with the time of planning.
    let old = rows.prefix { $0.plannedAt <= age }
    var sweep = Sweep(visited: rows.count, isOver: old.count < limit)
    for row in old where row.isOver && row.isFull {
      try db.run("UPDATE messages SET \"values\" = NULL WHERE id = $1", [.int(row.id)])
      try db.run("UPDATE tasks SET subject = NULL, text = '' WHERE message = $1", [.int(row.id)])
      sweep.deleted += 1
    }
    if isWhole {
      let whole = old.prefix(while: \.isOver)
      if let end = whole.last { try RetentionProgress.write(Self.progressName, end.id, db) }
      isWhole = whole.count == old.count
    }
    last = old.last?.id ?? start
    if sweep.isOver { (last, isWhole) = (nil, true) }
    sweep.next = rows.dropFirst(old.count).first.map { RetentionPolicy.end(span, of: $0.plannedAt).milliseconds }
    return sweep
  }

  private func read(after id: Int64, _ limit: Int, _ db: Connection) throws -> [Row] {
    let sql = """
      SELECT id, planned_at, status IN ('sent', 'failed', 'skipped', 'unknown')
          AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.message = m.id AND t.status IN ('open', 'claimed')),
        "values" IS NOT NULL
      FROM messages m WHERE id > $1 ORDER BY id LIMIT $2
      """
    return try db.query(sql, [.int(id), .int(limit)]) {
      Row(
        id: $0.int(0), plannedAt: Timestamp(milliseconds: $0.int(1)), isOver: $0.bool(2), isFull: $0.bool(3))
    }
  }
}
