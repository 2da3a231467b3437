public import JSON

/// `where`: property paths and what is asked of their values, all joined by AND.
public struct Match: Sendable, Hashable {
  public var fields: [Field]

  public struct Field: Sendable, Hashable {
    public var path: PropertyPath
    public var tests: [Test]
  }

  public init(fields: [Field]) { self.fields = fields }

  public enum Test: Sendable, Hashable {
    case compare(Comparison, ValueExpression)
    case oneOf([ValueExpression])
    case noneOf([ValueExpression])
    case contains(ValueExpression)
    case startsWith(ValueExpression)
    case exists(Bool)
    /// One element of the list fits whole.
    case any(Match)
  }

  static let operators =
    Comparison.allCases.map(\.rawValue) + [
      "in", "not_in", "contains", "starts_with", "exists", "any",
    ]
}

public enum Comparison: String, Sendable, Hashable, CaseIterable {
  case equal = "="
  case notEqual = "!="
  case greater = ">"
  case greaterOrEqual = ">="
  case less = "<"
  case lessOrEqual = "<="
}

extension Match {
  /// Whether `value` fits; `resolve` gives the values that `{"from": …}` stands for.
  public func holds(for value: JSONValue, resolve: (ValueExpression) throws -> JSONValue?) rethrows -> Bool {
    try fields.allSatisfy { field in
      try field.tests.allSatisfy { try $0.holds(at: field.path, in: value, resolve: resolve) }
    }
  }
}

extension Match.Test {
  func holds(
    at path: PropertyPath, in value: JSONValue, resolve: (ValueExpression) throws -> JSONValue?
  ) rethrows -> Bool {
    switch self {
    case .compare(.notEqual, let expression):
      guard let operand = try resolve(expression) else { return false }
      return !path.anyLeaf(in: value) { Comparison.equal.holds($0, operand) }
    case .compare(let comparison, let expression):
      guard let operand = try resolve(expression) else { return false }
      return path.anyLeaf(in: value) { comparison.holds($0, operand) }
    case .oneOf(let expressions):
      let operands = try expressions.compactMap(resolve)
      return path.anyLeaf(in: value) { leaf in operands.contains { Comparison.equal.holds(leaf, $0) } }
    case .noneOf(let expressions):
      let operands = try expressions.compactMap(resolve)
      return !path.anyLeaf(in: value) { leaf in operands.contains { Comparison.equal.holds(leaf, $0) } }
    case .contains(let expression):
      guard let operand = try resolve(expression) else { return false }
      return path.anyLeaf(in: value) { leaf in
        if case .string(let text) = leaf, case .string(let part) = operand { return text.contains(part) }
        return Comparison.equal.holds(leaf, operand)
      }
    case .startsWith(let expression):
      guard case .string(let prefix)? = try resolve(expression) else { return false }
      return path.anyLeaf(in: value) { $0.string?.hasPrefix(prefix) ?? false }
    case .exists(let wanted):
      return path.anyValue(in: value) { !$0.isNull } == wanted
    case .any(let match):
      return try path.anyValue(in: value) { found in
        guard case .array(let elements) = found else { return try match.holds(for: found, resolve: resolve) }
        return try elements.contains { try match.holds(for: $0, resolve: resolve) }
      }
    }
  }
}

extension PropertyPath {
  /// Like `anyValue`, and a list at the path's end counts by its elements.
  fileprivate func anyLeaf(in value: JSONValue, _ visit: (JSONValue) -> Bool) -> Bool {
    anyValue(in: value) { found in
      if case .array(let elements) = found { return elements.contains(where: visit) }
      return visit(found)
    }
  }
}

extension Comparison {
  /// Numbers by value, texts by code points; a text that is a number compares with a number, since money may be
  /// either. Different kinds are never equal and have no order.
  func holds(_ value: JSONValue, _ operand: JSONValue) -> Bool {
    if let a = value.asNumber(besides: operand), let b = operand.asNumber(besides: value) { return holds(a, b) }
    switch (value, operand) {
    case (.string(let a), .string(let b)): return holds(a.unicodeScalarOrder, b.unicodeScalarOrder)
    case (.bool(let a), .bool(let b)): return holds(a ? 1 : 0, b ? 1 : 0)
    case (.null, .null): return self == .equal || self == .greaterOrEqual || self == .lessOrEqual
    default: return self == .notEqual
    }
  }

  func holds<T: Comparable>(_ a: T, _ b: T) -> Bool {
    switch self {
    case .equal: a == b
    case .notEqual: a != b
    case .greater: a > b
    case .greaterOrEqual: a >= b
    case .less: a < b
    case .lessOrEqual: a <= b
    }
  }
}

extension JSONValue {
  fileprivate func asNumber(besides other: JSONValue) -> JSONNumber? {
    switch (self, other) {
    case (.number(let number), _): number
    case (.string(let text), .number): JSONNumber(text: text)
    default: nil
    }
  }
}

/// A text ordered by its code points, whatever normalisation says.
struct ScalarOrderedText: Comparable {
  let text: String

  static func == (a: Self, b: Self) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  static func < (a: Self, b: Self) -> Bool { a.text.utf8.lexicographicallyPrecedes(b.text.utf8) }
}

extension String {
  fileprivate var unicodeScalarOrder: ScalarOrderedText { ScalarOrderedText(text: self) }
}
