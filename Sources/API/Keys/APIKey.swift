public import Domain
public import JSON

/// A key as the server keeps it: all but the secret.
public struct APIKey: Sendable, Hashable {
  public let id: String
  public let name: String
  public let scopes: Set<Scope>
  public let createdAt: Timestamp
  /// Nil: as many calls as come.
  public var rate: RateLimit?
  /// From then on it is no key; nil: until it is revoked.
  public var expiresAt: Timestamp?
  /// Of a call that it was good for.
  public var lastUsedAt: Timestamp?

  public var json: JSONValue {
    [
      "id": .string(id), "name": .string(name), "scopes": Self.json(scopes), "rate": rate?.json ?? .null,
      "created_at": .string(createdAt.rfc3339), "expires_at": expiresAt.map { .string($0.rfc3339) } ?? .null,
      "last_used_at": lastUsedAt.map { .string($0.rfc3339) } ?? .null,
    ]
  }

  static func json(_ scopes: Set<Scope>) -> JSONValue {
    .array(Scope.allCases.filter(scopes.contains).map { .string($0.rawValue) })
  }
}
