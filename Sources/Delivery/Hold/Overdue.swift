public import Domain
import Engine
public import SQL

/// What a release would set going at once.
public struct Overdue: Sendable, Equatable {
  /// Runs whose time has come, and contacts whose time to come in has.
  public let runs: Int64
  /// Messages that are planned and due, or were on their way when the copy was made.
  public let messages: Int64
  /// Events that no chain has seen yet.
  public let events: Int64

  /// What a person confirms.
  public var due: Int64 { runs + messages }

  /// Cost: the entries of two indexes that are due; for readers.
  public static func count(at moment: Timestamp, _ db: Connection) throws -> Overdue {
    func count(_ sql: String, _ parameters: [SQLValue] = []) throws -> Int64 {
      try db.first(sql, parameters) { $0.int(0) } ?? 0
    }
    let due: SQLValue = .int(moment.milliseconds)
    return Overdue(
      runs: try count("SELECT count(*) FROM runs WHERE due_at IS NOT NULL AND due_at <= $1", [due])
        + count("SELECT count(*) FROM planned_entries WHERE due_at IS NOT NULL AND due_at <= $1", [due]),
      messages: try count(
        "SELECT count(*) FROM messages WHERE status = 'planned' AND due_at IS NOT NULL AND due_at <= $1", [due])
        + count("SELECT count(*) FROM messages WHERE status = 'sending'"),
      events: try Engine.unread(db))
  }
}
