/// What a key may do.
public enum Scope: String, Sendable, CaseIterable {
  /// Posts events, contacts and their consents.
  case events
  /// What a page of the shop does in a browser, where the key is no secret: posts events, reads offers.
  case site
  /// Every GET but `/metrics`.
  case read
  /// Chains and templates.
  case edit
  /// Tasks, `resolve`, suppressions.
  case operate
  /// `/metrics`.
  case metrics
  /// Everything, and alone the keys.
  case admin
}

/// Who a request comes from: a key and what it may.
public struct Caller: Sendable, Hashable {
  public let keyID: String
  public let scopes: Set<Scope>

  public func may(_ needed: [Scope]) -> Bool {
    scopes.contains(.admin) || needed.contains { scopes.contains($0) }
  }
}
