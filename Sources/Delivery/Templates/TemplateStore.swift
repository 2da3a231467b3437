public import Domain
import JSON
public import SQL

/// Templates as marketers edit them: every save is a version that never changes. Stateless: works over the connection
/// it is given. Whoever writes tells the catalog.
public struct TemplateStore: Sendable {
  public struct Stored: Sendable {
    public let id: String
    public let version: Int64
    public let document: String
    public let applied: String?
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
  }

  public init() {}

  private static let columns = """
    t.id, t.version, v.document, t.applied, t.created_at, t.updated_at FROM templates t \
    JOIN template_versions v ON v.template = t.id AND v.version = t.version
    """

  public func template(_ id: String, _ db: Connection) throws -> Stored? {
    try db.first("SELECT \(Self.columns) WHERE t.id = $1", [.text(id)], Self.read)
  }

  /// By id, from after `id` on.
  public func page(after id: String, limit: Int, _ db: Connection) throws -> [Stored] {
    try db.query(
      "SELECT \(Self.columns) WHERE t.id > $1 ORDER BY t.id LIMIT $2", [.text(id), .int(limit)], Self.read)
  }

  public func ids(_ db: Connection) throws -> Set<String> {
    Set(try db.query("SELECT id FROM templates") { $0.text(0) })
  }

  /// Those that are parts of letters.
  public func partials(_ db: Connection) throws -> Set<String> {
    let documents = try db.query("SELECT \(Self.columns)", [], Self.read)
    let partials = try documents.filter { stored in
      try JSONDocument(parsing: Array(stored.document.utf8), limits: .stored).root["partial"]?.bool == true
    }
    return Set(partials.map(\.id))
  }

  private static let newestVersion = Query("SELECT version FROM templates WHERE id = $1")

  public func newest(_ id: String, _ db: Connection) throws -> Int64? {
    try db.first(Self.newestVersion, { $0.bind(1, id) }) { $0.int(0) }
  }

  public func document(_ id: String, version: Int64, _ db: Connection) throws -> String? {
    let sql = "SELECT document FROM template_versions WHERE template = $1 AND version = $2"
    return try db.first(sql, [.text(id), .int(version)]) { $0.text(0) }
  }

  /// A document equal to the newest version makes no new one.
  @discardableResult
  public func save(
    _ id: String, _ document: String, now: Timestamp, _ db: Connection
  ) throws -> (stored: Stored, created: Bool) {
    let known = try template(id, db)
    if let known, known.document == document { return (known, false) }
    let version = (known?.version ?? 0) + 1
    let sql = """
      INSERT INTO templates (id, version, created_at, updated_at) VALUES ($1, $2, $3, $3)
      ON CONFLICT (id) DO UPDATE SET version = excluded.version, updated_at = excluded.updated_at
      """
    try db.run(sql, [.text(id), .int(version), .int(now.milliseconds)])
    try db.run(
      "INSERT INTO template_versions (template, version, document, saved_at) VALUES ($1, $2, $3, $4)",
      [.text(id), .int(version), .text(document), .int(now.milliseconds)])
    let stored = Stored(
      id: id, version: version, document: document, applied: known?.applied, createdAt: known?.createdAt ?? now,
      updatedAt: now)
    return (stored, known == nil)
  }

  public func setApplied(_ id: String, hash: String, _ db: Connection) throws {
    try db.run("UPDATE templates SET applied = $2 WHERE id = $1", [.text(id), .text(hash)])
  }

  private static func read(_ row: Row) -> Stored {
    Stored(
      id: row.text(0), version: row.int(1), document: row.text(2), applied: row.optionalText(3),
      createdAt: Timestamp(milliseconds: row.int(4)), updatedAt: Timestamp(milliseconds: row.int(5)))
  }
}
