public import Domain
public import JSON
public import SQL

/// A chain's active runs, for people to look at. Stateless: works over the connection it is given.
public struct ChainRuns: Sendable {
  public init() {}

  /// A run that is inside.
  public struct Summary: Sendable {
    public let id: Int64
    public let version: Int64
    /// contacts.id
    public let contact: Int64
    /// Index in the version's program.
    public let step: Int
    public let enteredAt: Timestamp
    /// When the step began.
    public let stepAt: Timestamp
    /// When it is looked at again; nil: by an event alone, or after a pause.
    public let dueAt: Timestamp?
    /// A pause holds what was due.
    public let isParked: Bool

    /// - Parameters:
    ///   - step: what people call the step it stands at.
    ///   - contact: the public id; nil: erased.
    public func json(step: String, contact: String?) -> JSONValue {
      [
        "id": .string(String(id)), "contact": contact.map(JSONValue.string) ?? .null, "step": .string(step),
        "version": .number(JSONNumber(version)), "state": .string(isParked ? "parked" : "active"),
        "entered_at": .string(enteredAt.rfc3339), "step_at": .string(stepAt.rfc3339),
        "due_at": dueAt.map { .string($0.rfc3339) } ?? .null,
      ]
    }
  }

  public struct Page: Sendable {
    public var runs: [Summary] = []
    /// Up to which run was read, where there may be more than was read.
    public var readThrough: Int64?
  }

  /// What one page looks at: of millions only few may fit.
  static let looksAt = 20_000

  /// By id, from after `id` on, those that fit.
  public func page(
    of chain: Int64, after id: Int64, limit: Int, _ db: Connection, where fits: (Summary) throws -> Bool
  ) throws -> Page {
    let sql = """
      SELECT id, version, contact, step, entered_at, step_at, coalesce(due_at, parked_at), parked_at IS NOT NULL
      FROM runs WHERE chain = $1 AND state = 'active' AND id > $2 ORDER BY id LIMIT $3
      """
    var page = Page()
    var looked = 0
    try db.each(sql, [.int(chain), .int(id), .int(Self.looksAt)]) { row in
      let run = Summary(
        id: row.int(0), version: row.int(1), contact: row.int(2), step: Int(row.int(3)),
        enteredAt: Timestamp(milliseconds: row.int(4)), stepAt: Timestamp(milliseconds: row.int(5)),
        dueAt: row.optionalInt(6).map { Timestamp(milliseconds: $0) }, isParked: row.bool(7))
      looked += 1
      if try fits(run) { page.runs.append(run) }
      if looked == Self.looksAt { page.readThrough = run.id }
      return page.runs.count < limit
    }
    return page
  }
}
