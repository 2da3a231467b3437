public import Domain
import JSON
public import SQL

/// Rows of `rfm_boundaries`: every version that was ever taken, on any connection.
public struct RfmVersions: Sendable {
  public init() {}

  private static let columns = "version, computed_at, contacts, recency, frequency, monetary"

  public func version(_ number: Int64, _ db: Connection) throws -> RfmBoundaries? {
    try db.first("SELECT \(Self.columns) FROM rfm_boundaries WHERE version = $1", [.int(number)], Self.read) ?? nil
  }

  /// The newest that was taken by `moment`; nil: none.
  public func newest(by moment: Timestamp = Timestamp(milliseconds: .max), _ db: Connection) throws -> RfmBoundaries? {
    let sql = "SELECT \(Self.columns) FROM rfm_boundaries WHERE computed_at <= $1 ORDER BY version DESC LIMIT 1"
    return try db.first(sql, [.int(moment.milliseconds)], Self.read) ?? nil
  }

  /// The newest first.
  func page(limit: Int, _ db: Connection) throws -> [RfmBoundaries] {
    let sql = "SELECT \(Self.columns) FROM rfm_boundaries ORDER BY version DESC LIMIT $1"
    return try db.query(sql, [.int(limit)], Self.read).compactMap { $0 }
  }

  func insert(_ boundaries: RfmBoundaries, _ db: Connection) throws {
    let sql = """
      INSERT INTO rfm_boundaries (version, computed_at, contacts, recency, frequency, monetary, moved)
      VALUES ($1, $2, $3, $4, $5, $6, 0)
      """
    try db.run(
      sql,
      [
        .int(boundaries.version), .int(boundaries.computedAt.milliseconds), .int(boundaries.contacts),
        .text(Self.text(boundaries.recency)), .text(Self.text(boundaries.frequency)),
        .text(Self.text(boundaries.monetary)),
      ])
  }

  private static func text(_ quintiles: Quintiles) -> String {
    quintiles.fifths.map(String.init).joined(separator: " ")
  }

  private static func read(_ row: Row) -> RfmBoundaries? {
    func quintiles(_ column: Int) -> Quintiles? {
      Quintiles(fifths: row.text(column).split(separator: " ").compactMap { Int64($0) })
    }
    guard let recency = quintiles(3), let frequency = quintiles(4), let monetary = quintiles(5) else { return nil }
    return RfmBoundaries(
      version: row.int(0), computedAt: Timestamp(milliseconds: row.int(1)), contacts: row.int(2), recency: recency,
      frequency: frequency, monetary: monetary)
  }
}

/// The versions as the writer's thread has read them: two are in use at most. A rollback is to be told.
public final class RfmVersionCache {
  private var known: [Int64: RfmBoundaries] = [:]

  func version(_ number: Int64, _ db: Connection) throws -> RfmBoundaries? {
    if let found = known[number] { return found }
    guard number > 0, let read = try RfmVersions().version(number, db) else { return nil }
    if known.count > 8 { known = [:] }
    known[number] = read
    return read
  }

  func forget() { known = [:] }
}
