public import JSON

/// A path into a JSON value, `items.sku`. Through a list it leads to every element.
public struct PropertyPath: Sendable, Hashable {
  public let parts: [String]

  static let maxParts = 16

  /// Nil when a part is empty, or there are too many.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard !parts.contains(""), parts.count <= Self.maxParts, text.utf8.count <= 256 else { return nil }
    self.parts = parts
  }

  init(parts: [String]) { self.parts = parts }

  public var text: String { parts.joined(separator: ".") }

  /// Calls `visit` with each value the path leads to until one answers true; whether one did.
  public func anyValue(in value: JSONValue, _ visit: (JSONValue) throws -> Bool) rethrows -> Bool {
    try anyValue(in: value, parts[...], visit)
  }

  /// The only value, or the first, the path leads to.
  public func value(in value: JSONValue) -> JSONValue? {
    var found: JSONValue?
    _ = anyValue(in: value) {
      found = $0
      return true
    }
    return found
  }

  private func anyValue(
    in value: JSONValue, _ rest: ArraySlice<String>, _ visit: (JSONValue) throws -> Bool
  ) rethrows -> Bool {
    guard let part = rest.first else { return try visit(value) }
    switch value {
    case .object(let object):
      guard let child = object[part] else { return false }
      return try anyValue(in: child, rest.dropFirst(), visit)
    case .array(let elements):
      return try elements.contains { try anyValue(in: $0, rest, visit) }
    case .null, .bool, .number, .string:
      return false
    }
  }
}
