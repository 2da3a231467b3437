public import Domain
import JSON
public import SQL

/// The registered webhooks and what waits to be posted to them. Stateless: works over the connection it is given.
public struct WebhookStore: Sendable {
  /// Webhooks that there may be.
  public static let limit = 100
  /// How long a post is tried, and how long one that failed is kept to be looked at.
  public static let triedMilliseconds: Int64 = 75 * 3_600_000
  public static let keptMilliseconds: Int64 = 30 * 86_400_000

  public struct Post: Sendable, Equatable {
    public let id: Int64
    public let webhook: String
    public let body: String
    public let attempts: Int
    public let createdAt: Timestamp
  }

  public init() {}

  private static let columns = "id, url, types, secret, disabled, updated_at"

  public func all(_ db: Connection) throws -> [Webhook] {
    try db.query("SELECT \(Self.columns) FROM webhooks ORDER BY id", [], Self.read)
  }

  public func webhook(_ id: String, _ db: Connection) throws -> Webhook? {
    try db.first("SELECT \(Self.columns) FROM webhooks WHERE id = $1", [.text(id)], Self.read)
  }

  public func put(_ webhook: Webhook, _ db: Connection) throws {
    let sql = """
      INSERT INTO webhooks (id, url, types, secret, disabled, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
      ON CONFLICT (id) DO UPDATE SET url = excluded.url, types = excluded.types, secret = excluded.secret,
        disabled = excluded.disabled, updated_at = excluded.updated_at
      """
    let types = JSONValue.array(webhook.types.map(JSONValue.string)).text
    try db.run(
      sql,
      [
        .text(webhook.id), .text(webhook.url), .text(types), .text(webhook.secret), .optional(webhook.disabled),
        .int(webhook.updatedAt.milliseconds),
      ])
  }

  public func disable(_ id: String, because reason: String, _ db: Connection) throws {
    try db.run("UPDATE webhooks SET disabled = $2 WHERE id = $1", [.text(id), .text(reason)])
  }

  /// With what waits for it. False: there was none.
  public func remove(_ id: String, _ db: Connection) throws -> Bool {
    try db.run("DELETE FROM webhook_posts WHERE webhook = $1", [.text(id)])
    return try db.run("DELETE FROM webhooks WHERE id = $1", [.text(id)]) == 1
  }

  /// - Parameter contact: of whom it tells.
  func post(_ body: String, to webhook: String, of contact: Int64?, now: Timestamp, _ db: Connection) throws {
    let sql = "INSERT INTO webhook_posts (webhook, body, contact, created_at, due_at) VALUES ($1, $2, $3, $4, $4)"
    try db.run(sql, [.text(webhook), .text(body), .optional(contact), .int(now.milliseconds)])
  }

  /// The oldest first.
  /// - Parameter besides: webhooks that get nothing now.
  public func due(by now: Timestamp, besides: [String], limit: Int, _ db: Connection) throws -> [Post] {
    let sql = """
      SELECT p.id, p.webhook, p.body, p.attempts, p.created_at FROM webhook_posts p
      WHERE p.due_at <= $1 AND p.webhook NOT IN (SELECT value FROM json_each($2)) ORDER BY p.due_at, p.id LIMIT $3
      """
    return try db.query(sql, [.int(now.milliseconds), Self.list(besides), .int(limit)]) {
      Post(
        id: $0.int(0), webhook: $0.text(1), body: $0.text(2), attempts: Int($0.int(3)),
        createdAt: Timestamp(milliseconds: $0.int(4)))
    }
  }

  public func nextDue(besides: [String], _ db: Connection) throws -> Int64? {
    let sql = """
      SELECT due_at FROM webhook_posts WHERE due_at IS NOT NULL AND webhook NOT IN (SELECT value FROM json_each($1))
      ORDER BY due_at LIMIT 1
      """
    return try db.first(sql, [Self.list(besides)]) { $0.int(0) }
  }

  private static func list(_ names: [String]) -> SQLValue { .text(JSONValue.array(names.map(JSONValue.string)).text) }

  public func done(_ post: Int64, _ db: Connection) throws {
    try db.run("DELETE FROM webhook_posts WHERE id = $1", [.int(post)])
  }

  /// - Parameter moment: of the next try; nil: it is given up.
  public func failed(_ post: Int64, because reason: String, again moment: Timestamp?, _ db: Connection) throws {
    try db.run(
      "UPDATE webhook_posts SET attempts = attempts + 1, error = $2, due_at = $3 WHERE id = $1",
      [.int(post), .text(reason), moment.map { .int($0.milliseconds) } ?? .null])
  }

  /// Deletes some of what was given up long ago.
  public func forget(givenUpBefore moment: Timestamp, limit: Int, _ db: Connection) throws {
    let sql = """
      DELETE FROM webhook_posts WHERE id IN (
        SELECT id FROM webhook_posts WHERE due_at IS NULL AND created_at < $1 ORDER BY created_at LIMIT $2)
      """
    try db.run(sql, [.int(moment.milliseconds), .int(limit)])
  }

  /// What waits, and what was given up, by webhook.
  public func standing(_ db: Connection) throws -> [(webhook: String, waiting: Int64, failed: Int64)] {
    let sql = """
      SELECT webhook, sum(due_at IS NOT NULL), sum(due_at IS NULL) FROM webhook_posts GROUP BY webhook ORDER BY webhook
      """
    return try db.query(sql, []) { ($0.text(0), $0.int(1), $0.int(2)) }
  }

  private static func read(_ row: Row) throws -> Webhook {
    let types = try JSONValue(parsing: row.textBytes(2)).array ?? []
    return Webhook(
      id: row.text(0), url: row.text(1), types: types.compactMap(\.string), secret: row.text(3),
      disabled: row.optionalText(4), updatedAt: Timestamp(milliseconds: row.int(5)))
  }
}
