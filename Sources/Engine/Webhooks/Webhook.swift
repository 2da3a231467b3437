public import Domain
public import JSON

/// A system of the shop's that is told of events: where, of which types, and the secret that signs.
public struct Webhook: Sendable, Equatable {
  public let id: String
  public let url: String
  /// Event types, `message.*` for a family, `*` for all.
  public let types: [String]
  /// `whsec_` and base64 (Standard Webhooks).
  public let secret: String
  /// Why nothing is sent any more; nil: it is.
  public let disabled: String?
  public let updatedAt: Timestamp

  public init(id: String, url: String, types: [String], secret: String, disabled: String?, updatedAt: Timestamp) {
    (self.id, self.url, self.types, self.secret) = (id, url, types, secret)
    (self.disabled, self.updatedAt) = (disabled, updatedAt)
  }

  /// Without the secret.
  public var json: JSONValue {
    [
      "id": .string(id), "url": .string(url), "types": .array(types.map(JSONValue.string)),
      "active": .bool(disabled == nil), "disabled": disabled.map { .string($0) } ?? .null,
      "updated_at": .string(updatedAt.rfc3339),
    ]
  }

  /// The type of what a step of a chain posts.
  public static let stepType = "chain.webhook"

  func wants(_ type: String) -> Bool {
    types.contains { $0 == "*" || $0 == type || ($0.hasSuffix(".*") && type.hasPrefix($0.dropLast())) }
  }
}
