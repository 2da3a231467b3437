public import Domain
import JSON
public import SQL

/// Rows of `segment_averages`: what was worked out of each segment, and when.
public struct SegmentAverages: Sendable {
  /// Of each average so many results are kept.
  private static let kept = 100
  /// Fewer have no average.
  static let fewestContacts = 10

  public struct Figure: Sendable, Equatable {
    public let computedAt: Timestamp
    /// How many members have a gap of their own.
    public let contacts: Int64
    /// Milliseconds; nil: too few have one.
    public let average: Int64?
  }

  public init() {}

  private static let one = Query(
    """
    SELECT computed_at, contacts, average FROM segment_averages
    WHERE segment = $1 AND type = $2 AND condition = $3 AND computed_at <= $4 ORDER BY computed_at DESC LIMIT 1
    """)

  /// The newest that was worked out by `moment`.
  public func figure(
    _ wanted: AverageWanted, by moment: Timestamp = Timestamp(milliseconds: .max), _ db: Connection
  ) throws -> Figure? {
    let bind = { (statement: Statement) in
      statement.bind(1, wanted.segment)
      statement.bind(2, wanted.type)
      statement.bind(3, wanted.condition)
      statement.bind(4, moment.milliseconds)
    }
    return try db.first(Self.one, bind) { row in
      Figure(
        computedAt: Timestamp(milliseconds: row.int(0)), contacts: row.int(1), average: row.optionalInt(2))
    }
  }

  /// The oldest go.
  func put(_ figure: Figure, for wanted: AverageWanted, _ db: Connection) throws {
    let key: [SQLValue] = [.text(wanted.segment), .text(wanted.type), .text(wanted.condition)]
    let average = figure.average.map { SQLValue.int($0) } ?? .null
    try db.run(
      """
      INSERT INTO segment_averages (segment, type, condition, computed_at, contacts, average)
      VALUES ($1, $2, $3, $4, $5, $6)
      ON CONFLICT (segment, type, condition, computed_at) DO UPDATE SET contacts = $5, average = $6
      """, key + [.int(figure.computedAt.milliseconds), .int(figure.contacts), average])
    try db.run(
      """
      DELETE FROM segment_averages WHERE segment = $1 AND type = $2 AND condition = $3 AND computed_at <= (
        SELECT computed_at FROM segment_averages WHERE segment = $1 AND type = $2 AND condition = $3
        ORDER BY computed_at DESC LIMIT 1 OFFSET $4)
      """, key + [.int(Self.kept)])
  }
}
