public import Domain
public import JSON
public import SQL

/// A contact's runs, for people to look at. Stateless: works over the connection it is given.
public struct ContactRuns: Sendable {
  public init() {}

  public struct Summary: Sendable {
    public let id: Int64
    /// Number, id and version of the chain it walks.
    public let chainNumber: Int64
    public let chain: String
    public let version: Int64
    public let state: String
    /// Index in the version's program.
    public let step: Int
    public let enteredAt: Timestamp
    public let dueAt: Timestamp?
    public let endedAt: Timestamp?
    public let reason: String?

    /// - Parameter step: what people call the step it stands at.
    public func json(step: String) -> JSONValue {
      func time(_ moment: Timestamp?) -> JSONValue { moment.map { .string($0.rfc3339) } ?? .null }
      return [
        "id": .string(String(id)), "chain": .string(chain), "version": .number(JSONNumber(version)),
        "state": .string(state), "step": state == "active" ? .string(step) : .null,
        "entered_at": .string(enteredAt.rfc3339), "due_at": time(dueAt), "ended_at": time(endedAt),
        "reason": reason.map(JSONValue.string) ?? .null,
      ]
    }
  }

  /// The newest first.
  public func newest(of contact: Int64, limit: Int, _ db: Connection) throws -> [Summary] {
    let sql = """
      SELECT runs.id, runs.chain, chains.id, runs.version, runs.state, runs.step, runs.entered_at, runs.due_at,
        runs.ended_at, runs.reason
      FROM runs JOIN chains ON chains.number = runs.chain WHERE runs.contact = $1 ORDER BY runs.id DESC LIMIT $2
      """
    return try db.query(sql, [.int(contact), .int(limit)]) { row in
      func moment(_ column: Int) -> Timestamp? { row.optionalInt(column).map { Timestamp(milliseconds: $0) } }
      return Summary(
        id: row.int(0), chainNumber: row.int(1), chain: row.text(2), version: row.int(3), state: row.text(4),
        step: Int(row.int(5)), enteredAt: Timestamp(milliseconds: row.int(6)), dueAt: moment(7), endedAt: moment(8),
        reason: row.optionalText(9))
    }
  }
}
