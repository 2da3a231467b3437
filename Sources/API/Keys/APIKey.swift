public import Domain
public import JSON

/// A key as the server keeps it: all but the secret.
public struct APIKey: Sendable, Hashable {
  public let id: String
  public let name: String
  public let scopes: Set<Scope>
  public let createdAt: Timestamp

  public var json: JSONValue {
    [
      "id": .string(id), "name": .string(name), "scopes": Self.json(scopes),
      "created_at": .string(createdAt.rfc3339),
    ]
  }

  static func json(_ scopes: Set<Scope>) -> JSONValue {
    .array(Scope.allCases.filter(scopes.contains).map { .string($0.rawValue) })
  }
}
