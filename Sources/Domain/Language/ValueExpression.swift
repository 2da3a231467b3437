public import JSON

/// What a chain writes where a value stands: the value itself, or `{"from": "trigger.sku"}`.
public enum ValueExpression: Sendable, Hashable {
  case literal(JSONValue)
  case from(Reference)
}

/// A path from one of the roots that a run can see.
public enum Reference: Sendable, Hashable {
  case contact(PropertyPath)
  case trigger(PropertyPath)
  case latest(type: String, PropertyPath)
  /// What `set` wrote in this run.
  case data(PropertyPath)
  /// One of the flags of the same send.
  case flag(String)

  static let roots = ["contact", "trigger", "latest", "data", "flags"]
  static let ofRuns = ["trigger", "data", "flags"]
  static let laterRoots = ["points", "coupon", "survey"]
}
