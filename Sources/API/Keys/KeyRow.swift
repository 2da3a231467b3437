import Domain
import JSON
import SQL

/// A key as a row of `api_keys`.
enum KeyRow {
  static let columns = "id, name, scopes, created_at, per_second, burst, expires_at, last_used_at"
  static let count = 8

  static func key(_ row: Row) -> APIKey {
    var key = APIKey(
      id: row.text(0), name: row.text(1), scopes: scopes(row.text(2)), createdAt: Timestamp(milliseconds: row.int(3)))
    if !row.isNull(4) { key.rate = RateLimit(perSecond: row.real(4), burst: row.int(5)) }
    key.expiresAt = row.optionalInt(6).map { Timestamp(milliseconds: $0) }
    key.lastUsedAt = row.optionalInt(7).map { Timestamp(milliseconds: $0) }
    return key
  }

  static func insert(_ key: APIKey, hash: String, _ db: Connection) throws {
    try db.run(
      "INSERT INTO api_keys (\(columns), hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      [
        .text(key.id), .text(key.name), .text(APIKey.json(key.scopes).text), .int(key.createdAt.milliseconds),
        key.rate.map { .real($0.perSecond) } ?? .null, .optional(key.rate?.burst),
        .optional(key.expiresAt?.milliseconds), .optional(key.lastUsedAt?.milliseconds), .text(hash),
      ])
  }

  /// A later use that is known already stays.
  static func used(_ id: String, at now: Int64, _ db: Connection) throws {
    try db.run(
      "UPDATE api_keys SET last_used_at = max(coalesce(last_used_at, 0), $2) WHERE id = $1", [.text(id), .int(now)])
  }

  private static func scopes(_ text: String) -> Set<Scope> {
    Set((try? JSONValue(parsing: text).array)?.compactMap { $0.string.flatMap(Scope.init) } ?? [])
  }
}
