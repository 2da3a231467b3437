public import Domain
public import SQL

/// Rows of `memberships`. Stateless: works over the connection it is given. Only `LiveSegments` writes them.
public struct Memberships: Sendable {
  struct State: Equatable {
    /// Nil: not a member.
    var since: Timestamp?
    /// When time alone may change that.
    var due: Timestamp?

    var isEmpty: Bool { since == nil && due == nil }
  }

  struct Due {
    let contact: Int64
    let segment: Int64
    let at: Timestamp
  }

  public struct Member: Sendable {
    /// contacts.id
    public let contact: Int64
    public let since: Timestamp
  }

  public init() {}

  private static let membership = Query(
    "SELECT 1 FROM memberships WHERE contact = $1 AND segment = $2 AND since IS NOT NULL")
  private static let states = Query("SELECT segment, since, due_at FROM memberships WHERE contact = $1")
  private static let replacement = Query(
    """
    INSERT INTO memberships (contact, segment, since, due_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (contact, segment) DO UPDATE SET since = excluded.since, due_at = excluded.due_at
    """)
  private static let removal = Query("DELETE FROM memberships WHERE contact = $1 AND segment = $2")
  private static let dueBefore = Query(
    """
    SELECT contact, segment, due_at FROM memberships WHERE due_at IS NOT NULL AND due_at < $1
    ORDER BY due_at, contact, segment LIMIT $2
    """)
  private static let firstDue = Query(
    "SELECT due_at FROM memberships WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1")

  func contains(_ contact: Int64, in segment: Int64, _ db: Connection) throws -> Bool {
    let bind = { (statement: Statement) in
      statement.bind(1, contact)
      statement.bind(2, segment)
    }
    return try db.first(Self.membership, bind) { _ in true } ?? false
  }

  /// By segments.number.
  func states(of contact: Int64, _ db: Connection) throws -> [Int64: State] {
    var states: [Int64: State] = [:]
    let rows = try db.query(Self.states, { $0.bind(1, contact) }) { row in
      (
        row.int(0),
        State(
          since: row.optionalInt(1).map { Timestamp(milliseconds: $0) },
          due: row.optionalInt(2).map { Timestamp(milliseconds: $0) })
      )
    }
    for (segment, state) in rows { states[segment] = state }
    return states
  }

  func put(_ state: State, of contact: Int64, in segment: Int64, _ db: Connection) throws {
    if state.isEmpty {
      try db.run(Self.removal) { row in
        row.bind(1, contact)
        row.bind(2, segment)
      }
      return
    }
    try db.run(Self.replacement) { row in
      row.bind(1, contact)
      row.bind(2, segment)
      row.bind(3, state.since?.milliseconds)
      row.bind(4, state.due?.milliseconds)
    }
  }

  /// In the order in which they act: by time, then by contact and segment.
  func due(before moment: Timestamp, limit: Int, _ db: Connection) throws -> [Due] {
    let bind = { (statement: Statement) in
      statement.bind(1, moment.milliseconds)
      statement.bind(2, limit)
    }
    return try db.query(Self.dueBefore, bind) {
      Due(contact: $0.int(0), segment: $0.int(1), at: Timestamp(milliseconds: $0.int(2)))
    }
  }

  /// The moment has come and means nothing any more.
  func letGo(_ due: Due, _ db: Connection) throws {
    try db.run(
      "UPDATE memberships SET due_at = NULL WHERE contact = $1 AND segment = $2",
      [.int(due.contact), .int(due.segment)])
    try db.run(
      "DELETE FROM memberships WHERE contact = $1 AND segment = $2 AND since IS NULL",
      [.int(due.contact), .int(due.segment)])
  }

  func nextDue(_ db: Connection) throws -> Timestamp? {
    try db.first(Self.firstDue, { _ in }) { Timestamp(milliseconds: $0.int(0)) }
  }

  /// Lets some of a segment's rows go.
  /// - Returns: how many.
  func drop(of segment: Int64, limit: Int, _ db: Connection) throws -> Int {
    // Those who are no members have no index by segment: they go when they are due.
    let sql = """
      DELETE FROM memberships WHERE segment = $1 AND contact IN (
        SELECT contact FROM memberships WHERE segment = $1 AND since IS NOT NULL ORDER BY contact LIMIT $2)
      """
    return try db.run(sql, [.int(segment), .int(limit)])
  }

  /// Everything about a contact who is no more.
  public func forget(_ contact: Int64, _ db: Connection) throws {
    try db.run(
      """
      UPDATE segments SET members = members - 1
      WHERE number IN (SELECT segment FROM memberships WHERE contact = $1 AND since IS NOT NULL)
      """, [.int(contact)])
    try db.run("DELETE FROM memberships WHERE contact = $1", [.int(contact)])
  }

  /// By contacts.id, from after `contact` on.
  public func page(of segment: Int64, after contact: Int64, limit: Int, _ db: Connection) throws -> [Member] {
    let sql = """
      SELECT contact, since FROM memberships WHERE segment = $1 AND since IS NOT NULL AND contact > $2
      ORDER BY contact LIMIT $3
      """
    return try db.query(sql, [.int(segment), .int(contact), .int(limit)]) {
      Member(contact: $0.int(0), since: Timestamp(milliseconds: $0.int(1)))
    }
  }

  /// The marketer's segments that the contact is in, by id, and since when.
  public func segments(of contact: Int64, _ db: Connection) throws -> [(id: String, since: Timestamp)] {
    let sql = """
      SELECT segments.id, since FROM memberships JOIN segments ON segments.number = memberships.segment
      WHERE contact = $1 AND since IS NOT NULL AND segments.id IS NOT NULL AND state <> 'leaving' ORDER BY segments.id
      """
    return try db.query(sql, [.int(contact)]) { ($0.text(0), Timestamp(milliseconds: $0.int(1))) }
  }
}
