public import Domain
public import SQL

/// Who is whose spouse, referrer, … One way: `contact` has `other`. Stateless: works over the connection it is given.
public struct Relations: Sendable {
  /// A contact may stand in one relation to so many others.
  public static let limit = 100

  public init() {}

  /// By contacts.id; at most `limit`.
  public func others(of contact: Int64, kind: String, limit: Int = Relations.limit, _ db: Connection) throws -> [Int64]
  {
    let sql = "SELECT other FROM relations WHERE contact = $1 AND kind = $2 ORDER BY other LIMIT $3"
    return try db.query(sql, [.int(contact), .text(kind), .int(limit)]) { $0.int(0) }
  }

  public struct Relation: Sendable {
    public let kind: String
    /// contacts.id
    public let other: Int64
    public let at: Timestamp
  }

  /// In all relations, at most a thousand.
  public func all(of contact: Int64, _ db: Connection) throws -> [Relation] {
    let sql = "SELECT kind, other, at FROM relations WHERE contact = $1 ORDER BY kind, other LIMIT 1000"
    return try db.query(sql, [.int(contact)]) {
      Relation(kind: $0.text(0), other: $0.int(1), at: Timestamp(milliseconds: $0.int(2)))
    }
  }

  /// - Returns: whether that changed anything.
  @discardableResult
  public func add(_ kind: String, of contact: Int64, to other: Int64, now: Timestamp, _ db: Connection) throws -> Bool {
    let sql = """
      INSERT INTO relations (contact, kind, other, at) VALUES ($1, $2, $3, $4)
      ON CONFLICT (contact, kind, other) DO NOTHING
      """
    return try db.run(sql, [.int(contact), .text(kind), .int(other), .int(now.milliseconds)]) == 1
  }

  @discardableResult
  public func remove(_ kind: String, of contact: Int64, to other: Int64, _ db: Connection) throws -> Bool {
    let sql = "DELETE FROM relations WHERE contact = $1 AND kind = $2 AND other = $3"
    return try db.run(sql, [.int(contact), .text(kind), .int(other)]) == 1
  }
}
