public import Domain
import JSON
public import SQL

/// Chains as marketers edit them: a draft, published versions that never change, and whether the chain is live.
/// Stateless: works over the connection it is given. Whoever writes tells the catalog.
public struct ChainStore: Sendable {
  /// Nesting a chain's document may have.
  public static let documentDepth = 256
  public static let documentBytes = 1 << 20

  public struct Stored: Sendable {
    public let number: Int64
    public let id: String
    public let status: ChainCatalog.Status
    public let liveVersion: Int64?
    /// Nil when nothing differs from the live version.
    public let draft: String?
    public let revision: Int64
    public let applied: String?
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    /// A resume is under way: some runs still stay as the pause left them.
    public let isResuming: Bool
    /// The version to which a publication is taking the runs inside; some still walk an older one.
    public let movingTo: Int64?
  }

  public init() {}

  private static let columns = """
    number, id, status, live_version, draft, revision, applied, created_at, updated_at, \
    EXISTS (SELECT 1 FROM resumes WHERE resumes.chain = chains.number), \
    (SELECT version FROM version_moves WHERE version_moves.chain = chains.number)
    """

  public func chain(_ id: String, _ db: Connection) throws -> Stored? {
    try db.first("SELECT \(Self.columns) FROM chains WHERE id = $1", [.text(id)], Self.read)
  }

  /// By id, from after `id` on.
  public func page(after id: String, limit: Int, _ db: Connection) throws -> [Stored] {
    let sql = "SELECT \(Self.columns) FROM chains WHERE id > $1 ORDER BY id LIMIT $2"
    return try db.query(sql, [.text(id), .int(limit)], Self.read)
  }

  /// Of every chain there is, archived ones aside.
  public func ids(_ db: Connection) throws -> Set<String> {
    Set(try db.query("SELECT id FROM chains WHERE status <> 'archived'", []) { $0.text(0) })
  }

  public func document(_ number: Int64, version: Int64, _ db: Connection) throws -> String? {
    let sql = "SELECT document FROM chain_versions WHERE chain = $1 AND version = $2"
    return try db.first(sql, [.int(number), .int(version)]) { $0.text(0) }
  }

  /// The draft if there is one, else the live version.
  public func newest(_ stored: Stored, _ db: Connection) throws -> String? {
    if let draft = stored.draft { return draft }
    return try stored.liveVersion.flatMap { try document(stored.number, version: $0, db) }
  }

  public func versions(_ number: Int64, _ db: Connection) throws -> [(version: Int64, publishedAt: Timestamp)] {
    let sql = "SELECT version, published_at FROM chain_versions WHERE chain = $1 ORDER BY version DESC"
    return try db.query(sql, [.int(number)]) { ($0.int(0), Timestamp(milliseconds: $0.int(1))) }
  }

  /// Saves the draft; a document equal to the live version leaves none.
  @discardableResult
  public func save(
    _ id: String, draft document: String, now: Timestamp, _ db: Connection
  ) throws -> (stored: Stored, created: Bool) {
    let known = try chain(id, db)
    if let known {
      let live = try known.liveVersion.flatMap { try self.document(known.number, version: $0, db) }
      let sql = """
        UPDATE chains SET draft = $2, revision = revision + 1, updated_at = $3 WHERE number = $1
        """
      try db.run(
        sql, [.int(known.number), live == document ? .null : .text(document), .int(now.milliseconds)])
    } else {
      let sql = """
        INSERT INTO chains (id, status, draft, revision, created_at, updated_at) VALUES ($1, 'draft', $2, 1, $3, $3)
        """
      try db.run(sql, [.text(id), .text(document), .int(now.milliseconds)])
    }
    guard let stored = try chain(id, db) else { throw MissingChain(id: id) }
    return (stored, known == nil)
  }

  public func setApplied(_ id: String, hash: String, _ db: Connection) throws {
    try db.run("UPDATE chains SET applied = $2 WHERE id = $1", [.text(id), .text(hash)])
  }

  func setStatus(_ stored: Stored, _ status: ChainCatalog.Status, now: Timestamp, _ db: Connection) throws {
    try db.run(
      "UPDATE chains SET status = $2, revision = revision + 1, updated_at = $3 WHERE number = $1",
      [.int(stored.number), .text(status.rawValue), .int(now.milliseconds)])
  }

  /// Where the chain's active runs stand: version, index of the step, how many.
  public func standing(_ number: Int64, _ db: Connection) throws -> [(version: Int64, step: Int, count: Int64)] {
    let sql = """
      SELECT version, step, count(*) FROM runs WHERE chain = $1 AND state = 'active' GROUP BY version, step
      ORDER BY version, step
      """
    return try db.query(sql, [.int(number)]) { ($0.int(0), Int($0.int(1)), $0.int(2)) }
  }

  /// How many runs still walk each version, by the figures. Cost: one look at each of the chain's figures.
  public func inside(_ number: Int64, _ db: Connection) throws -> [Int64: Int64] {
    var inside: [Int64: Int64] = [:]
    let sql = "SELECT version, outcome, count FROM chain_counters WHERE chain = $1 AND step = ''"
    for (version, outcome, count) in try db.query(sql, [.int(number)], { ($0.int(0), $0.text(1), $0.int(2)) }) {
      if ["entered", "joined"].contains(outcome) { inside[version, default: 0] += count }
      if outcome == "followed" || Counters.isEnd(outcome) { inside[version, default: 0] -= count }
    }
    return inside
  }

  private static func read(_ row: Row) -> Stored {
    Stored(
      number: row.int(0), id: row.text(1), status: ChainCatalog.Status(rawValue: row.text(2)) ?? .draft,
      liveVersion: row.optionalInt(3), draft: row.optionalText(4), revision: row.int(5), applied: row.optionalText(6),
      createdAt: Timestamp(milliseconds: row.int(7)), updatedAt: Timestamp(milliseconds: row.int(8)),
      isResuming: row.int(9) != 0, movingTo: row.optionalInt(10))
  }
}

/// A chain that is not there, or has nothing to publish.
public struct MissingChain: Error {
  public let id: String
}
