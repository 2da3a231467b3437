public import Ingest
public import SQL

/// Deletes timeline rows whose events are gone. The timeline lies by contact and the log by time, so one is walked from
/// end to end for the other; how long it has grown with dead rows says when that pays: a fifth of it.
public final class TimelineExpiry: Sweeper {
  private struct Key {
    var contact: Int64 = .min
    var type: Int64 = .min
    var at: Int64 = .min
    var seq: Int64 = .min

    var values: [SQLValue] { [.int(contact), .int(type), .int(at), .int(seq)] }
  }

  private static let staleName = "timeline stale"
  private static let rowsName = "timeline rows"
  /// Fewer dead rows are not worth a walk.
  public static let standardLeastStale: Int64 = 1000

  public let kind = "timeline"
  private let events: EventExpiry
  private let leastStale: Int64
  /// Events deleted since the last walk began, and rows that it left; nil: to be read from the file.
  private var figures: (stale: Int64, rows: Int64)?
  /// Where the walk under way is; nil: there is none.
  private var place: Key?
  private var staleBefore: Int64 = 0
  private var seen: Int64 = 0

  public init(events: EventExpiry, leastStale: Int64 = standardLeastStale) {
    (self.events, self.leastStale) = (events, leastStale)
  }

  public func forget() { (figures, place, staleBefore, seen) = (nil, nil, 0, 0) }

  /// So many events were deleted in the open transaction.
  public func lost(_ count: Int, _ db: Connection) throws {
    guard count > 0 else { return }
    var figures = try readFigures(db)
    figures.stale += Int64(count)
    try write(figures, db)
  }

  public func sweep(_ db: Connection, now: Int64, limit: Int) throws -> Sweep {
    let figures = try readFigures(db)
    if place == nil {
      guard figures.stale >= max(leastStale, figures.rows / 5) else { return Sweep(isOver: true) }
      (place, staleBefore, seen) = (Key(), figures.stale, 0)
    }
    let start = place ?? Key()
    let end = try key(after: start, skipping: limit - 1, db)
    var sweep = Sweep(visited: limit, isOver: end == nil)
    sweep.deleted = try delete(after: start, through: end, db)
    seen += Int64(limit - sweep.deleted)
    place = end
    if end == nil { try write((max(0, figures.stale - staleBefore), seen), db) }
    return sweep
  }

  private func key(after key: Key, skipping count: Int, _ db: Connection) throws -> Key? {
    let sql = """
      SELECT contact, type, at, seq FROM timeline WHERE (contact, type, at, seq) > ($1, $2, $3, $4)
      ORDER BY contact, type, at, seq LIMIT 1 OFFSET $5
      """
    return try db.first(sql, key.values + [.int(count)]) {
      Key(contact: $0.int(0), type: $0.int(1), at: $0.int(2), seq: $0.int(3))
    }
  }

  private func delete(after start: Key, through end: Key?, _ db: Connection) throws -> Int {
    let gone = try events.gone(db)
    let last = end ?? Key(contact: .max, type: .max, at: .max, seq: .max)
    let clauses = gone.enumerated().map { "(\($1.types) AND seq <= $\($0 + 9))" }
    guard !clauses.isEmpty else { return 0 }
    let sql = """
      DELETE FROM timeline WHERE (contact, type, at, seq) > ($1, $2, $3, $4)
        AND (contact, type, at, seq) <= ($5, $6, $7, $8) AND (\(clauses.joined(separator: " OR ")))
      """
    return try db.run(sql, start.values + last.values + gone.map { .int($0.through) })
  }

  private func readFigures(_ db: Connection) throws -> (stale: Int64, rows: Int64) {
    if let figures { return figures }
    let read = try (
      stale: RetentionProgress.read(Self.staleName, db), rows: RetentionProgress.read(Self.rowsName, db)
    )
    figures = read
    return read
  }

  private func write(_ new: (stale: Int64, rows: Int64), _ db: Connection) throws {
    figures = new
    try RetentionProgress.write(Self.staleName, new.stale, db)
    try RetentionProgress.write(Self.rowsName, new.rows, db)
  }
}
