public import Domain
import JSON
public import SQL

/// Whose average gap between which events: a member of the key is text, so that it can be stored.
public struct AverageWanted: Sendable, Hashable {
  public let segment: String
  public let type: String
  public let match: Match?

  public init(segment: String, type: String, match: Match?) {
    (self.segment, self.type, self.match) = (segment, type, match)
  }

  /// The events' `where` as text, empty without one.
  var condition: String { match?.text ?? "" }
}

/// Rows of `segment_averages`: what was worked out of each segment, and when.
public struct SegmentAverages: Sendable {
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
}
