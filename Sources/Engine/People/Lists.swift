public import Domain
public import SQL

/// Static lists of contacts: remarketing, invited. Stateless: works over the connection it is given.
public struct Lists: Sendable {
  public init() {}

  private static let membership = Query("SELECT 1 FROM list_members WHERE list = $1 AND contact = $2")

  func contains(_ list: String, _ contact: Int64, _ db: Connection) throws -> Bool {
    let bind = { (statement: Statement) in
      statement.bind(1, list)
      statement.bind(2, contact)
    }
    return try db.first(Self.membership, bind) { _ in true } ?? false
  }

  /// - Returns: whether that changed anything.
  @discardableResult
  public func set(_ contact: Int64, on list: String, _ isMember: Bool, now: Timestamp, _ db: Connection) throws -> Bool
  {
    let changed =
      isMember
      ? try db.run(
        "INSERT INTO list_members (list, contact, added_at) VALUES ($1, $2, $3) ON CONFLICT (list, contact) DO NOTHING",
        [.text(list), .int(contact), .int(now.milliseconds)])
      : try db.run("DELETE FROM list_members WHERE list = $1 AND contact = $2", [.text(list), .int(contact)])
    return changed == 1
  }

  /// By contacts.id, from after `contact` on.
  public func page(of list: String, after contact: Int64, limit: Int, _ db: Connection) throws -> [Member] {
    let sql = """
      SELECT contact, added_at FROM list_members WHERE list = $1 AND contact > $2 ORDER BY contact LIMIT $3
      """
    return try db.query(sql, [.text(list), .int(contact), .int(limit)]) {
      Member(contact: $0.int(0), addedAt: Timestamp(milliseconds: $0.int(1)))
    }
  }

  public struct Member: Sendable {
    /// contacts.id
    public let contact: Int64
    public let addedAt: Timestamp
  }

  /// The lists he is on.
  public func lists(of contact: Int64, _ db: Connection) throws -> [String] {
    try db.query("SELECT list FROM list_members WHERE contact = $1 ORDER BY list", [.int(contact)]) { $0.text(0) }
  }
}
