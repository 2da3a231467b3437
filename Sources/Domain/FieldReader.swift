public import JSON

/// Reads one JSON object of a request by the names of its fields and gathers everything that is wrong with it, so that
/// the sender learns all of it at once, or the first two hundred. Give it the known names first: every other key is an
/// issue with the nearest.
public struct FieldReader {
  public let node: JSONNode
  public let pointer: String
  public private(set) var issues: [Issue] = []

  /// More would only bury the first ones, and for each unknown key the known ones are gone through.
  static let mostIssues = 200

  /// - Parameter otherwise: what to do with a key that is like none of the known ones.
  public init(
    _ node: JSONNode, pointer: String = "", known: [String], otherwise: String = "leave it out"
  ) {
    (self.node, self.pointer) = (node, pointer)
    guard node.kind == .object else {
      issues.append(Issue.wrongType(pointer, node, expected: "an object"))
      return
    }
    for member in node.members where !known.contains(where: member.hasKey) {
      if issues.count == Self.mostIssues { break }
      let key = member.key
      let meant = nearest(to: key, among: known)
      issues.append(
        Issue(
          pointer: pointer + Issue.pointer(key), at: member.keyLocation, code: .unknownKey,
          detail: "expected one of \(known.joined(separator: ", ")), got `\(key)`",
          hint: meant.map { "did you mean `\($0)`?" } ?? otherwise))
    }
  }

  /// The field's value, `null` too; nil when it is not there.
  public func field(_ key: String) -> JSONNode? { node[key] }

  public func pointer(to key: String) -> String { pointer + Issue.pointer(key) }

  public mutating func refuse(_ issue: Issue) { if issues.count < Self.mostIssues { issues.append(issue) } }

  public mutating func refuse(_ key: String, _ code: Issue.Code, _ detail: String, hint: String? = nil) {
    let location = (node[key] ?? node).location
    refuse(Issue(pointer: pointer(to: key), at: location, code: code, detail: detail, hint: hint))
  }

  /// Absent and `null` are nil. Anything but a string of 1...maxBytes bytes is an issue.
  public mutating func string(_ key: String, maxBytes: Int = 1024, required: Bool = false) -> String? {
    guard let value = present(key, required: required) else { return nil }
    guard let text = value.string else {
      refuse(.wrongType(pointer(to: key), value, expected: "a string"))
      return nil
    }
    guard !text.isEmpty, text.utf8.count <= maxBytes else {
      refuse(key, .badValue, "expected 1 to \(maxBytes) bytes of text, got \(text.utf8.count)")
      return nil
    }
    // Databases disagree about such text.
    guard !text.utf8.contains(0) else {
      refuse(key, .badValue, "expected text without NUL, got \\u0000 in it")
      return nil
    }
    return text
  }

  /// Absent and `null` are nil.
  public mutating func bool(_ key: String, required: Bool = false) -> Bool? {
    guard let value = present(key, required: required) else { return nil }
    if value.bool == nil { refuse(.wrongType(pointer(to: key), value, expected: "true or false")) }
    return value.bool
  }

  /// Absent and `null` are nil. A whole number inside `range`.
  public mutating func int(_ key: String, in range: ClosedRange<Int64>, required: Bool = false) -> Int64? {
    guard let value = present(key, required: required) else { return nil }
    guard let number = value.number else {
      refuse(.wrongType(pointer(to: key), value, expected: "a whole number"))
      return nil
    }
    guard let int = number.int, range.contains(int) else {
      refuse(
        key, .badValue, "expected a whole number from \(range.lowerBound) to \(range.upperBound), got \(number.text)")
      return nil
    }
    return int
  }

  /// Absent and `null` are nil. A moment by RFC 3339.
  public mutating func time(_ key: String, required: Bool = false) -> Timestamp? {
    guard let text = string(key, maxBytes: 64, required: required) else { return nil }
    guard let time = Timestamp(rfc3339: text) else {
      refuse(key, .badValue, "expected a time by RFC 3339, got \"\(text)\"", hint: "\"2026-03-02T09:00:00Z\"")
      return nil
    }
    return time
  }

  /// Absent and `null` are nil. One word of a closed set.
  public mutating func word<Word: RawRepresentable & CaseIterable>(
    _ key: String, _ type: Word.Type, required: Bool = false
  ) -> Word? where Word.RawValue == String {
    guard let text = string(key, required: required) else { return nil }
    if let word = Word(rawValue: text) { return word }
    let known = Word.allCases.map(\.rawValue)
    refuse(
      key, .badValue, "expected one of \(known.joined(separator: ", ")), got \"\(text)\"",
      hint: nearest(to: text, among: known).map { "did you mean `\($0)`?" })
    return nil
  }

  /// Throws everything gathered, if anything was.
  public func check() throws(Refusal) {
    if !issues.isEmpty { throw Refusal(issues) }
  }

  private mutating func present(_ key: String, required: Bool) -> JSONNode? {
    if let value = node[key], !value.isNull { return value }
    if required, node.kind == .object { refuse(key, .missing, "expected `\(key)`, got nothing") }
    return nil
  }
}

extension Issue {
  /// One token of a JSON pointer, with its slash (RFC 6901 §3).
  public static func pointer(_ key: String) -> String {
    var token = "/"
    for scalar in key.unicodeScalars {
      switch scalar {
      case "~": token += "~0"
      case "/": token += "~1"
      default: token.unicodeScalars.append(scalar)
      }
    }
    return token
  }

  public static func wrongType(_ pointer: String, _ got: JSONNode, expected: String) -> Issue {
    Issue(
      pointer: pointer, at: got.location, code: .wrongType,
      detail: "expected \(expected), got \(got.kind.phrase)")
  }
}

extension JSONNode.Kind {
  /// "a string", "null": for errors.
  public var phrase: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
