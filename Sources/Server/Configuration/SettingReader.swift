import Domain
import JSON

/// Everything wrong with a document, gathered while it is read: the reader goes on where it can.
final class Findings {
  private(set) var issues: [Issue] = []

  func add(_ issue: Issue) { issues.append(issue) }

  func add(_ code: Issue.Code, at pointer: String, _ detail: String, hint: String? = nil) {
    issues.append(Issue(pointer: pointer, code: code, detail: detail, hint: hint))
  }
}

/// Reads the members of one object. A member that is absent or `null` is its default; one that is wrong is a finding
/// and its default.
struct SettingReader {
  let node: JSONNode?
  /// RFC 6901, of this object.
  let pointer: String
  let findings: Findings

  func reader(_ key: String) -> SettingReader {
    let child = value(key)
    if let child, child.kind != .object { refuse(key, expected: "an object", got: child) }
    return SettingReader(node: child?.kind == .object ? child : nil, pointer: pointer(to: key), findings: findings)
  }

  func text(_ key: String) -> String? { read(key, expecting: "a string") { $0.string } }

  func whole(_ key: String, in range: ClosedRange<Int64>) -> Int? {
    read(key, expecting: "a whole number from \(range.lowerBound) to \(range.upperBound)") { node in
      guard let number = node.number?.int, range.contains(number) else { return nil }
      return Int(exactly: number)
    }
  }

  /// A decimal, as a string or a number: its text.
  func decimal(_ key: String) -> String? {
    read(key, expecting: "a decimal that is not negative, as in \"0.10\"") { node in
      guard let text = node.number?.text ?? node.string else { return nil }
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      let isDigits = parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }
      return (1...2).contains(parts.count) && isDigits && text.utf8.count <= 20 ? text : nil
    }
  }

  /// A string that `parse` takes.
  func parsed<T>(_ key: String, expecting expected: String, _ parse: (String) -> T?) -> T? {
    read(key, expecting: expected) { $0.string.flatMap(parse) }
  }

  func choice<T: RawRepresentable & CaseIterable>(_ key: String, of type: T.Type) -> T? where T.RawValue == String {
    let names = T.allCases.map(\.rawValue)
    guard let node = value(key) else { return nil }
    guard let written = node.string else {
      refuse(key, expected: "one of \(quoted(names))", got: node)
      return nil
    }
    if let chosen = T(rawValue: written) { return chosen }
    refuse(key, expected: "one of \(quoted(names))", got: node, hint: meant(written, among: names))
    return nil
  }

  func flag(_ key: String) -> Bool? { read(key, expecting: "true or false", \.bool) }

  /// The elements of a list, each an object; what is none is a finding.
  func list(_ key: String, of what: String) -> [SettingReader] {
    guard let node = value(key) else { return [] }
    guard node.kind == .array else {
      refuse(key, expected: "a list of \(what)", got: node)
      return []
    }
    return node.elements.enumerated().compactMap { index, element in
      let place = pointer(to: key) + "/\(index)"
      if element.kind == .object { return SettingReader(node: element, pointer: place, findings: findings) }
      findings.add(.wrongType, at: place, "expected an object, got \(Self.shown(element))")
      return nil
    }
  }

  func texts(_ key: String) -> [String]? {
    guard let node = value(key) else { return nil }
    guard node.kind == .array else {
      refuse(key, expected: "a list of strings", got: node)
      return nil
    }
    return node.elements.enumerated().compactMap { index, element in
      if let text = element.string { return text }
      findings.add(
        .wrongType, at: pointer(to: key) + "/\(index)", "expected a string, got \(Self.shown(element))")
      return nil
    }
  }

  /// Members whose names the shop chooses, each a string.
  func textsByName(_ key: String) -> [(name: String, value: String)] {
    let object = reader(key)
    return (object.node?.members ?? []).compactMap { member in
      object.text(member.key).map { (member.key, $0) }
    }
  }

  /// Makes a finding of each member that is not known.
  func refuseOthers(than known: [String]) {
    for member in node?.members ?? [] where !known.contains(member.key) {
      findings.add(
        .unknownKey, at: pointer(to: member.key), "unknown key \(quoted(member.key))",
        hint: meant(member.key, among: known) ?? "known here: \(known.joined(separator: ", "))")
    }
  }

  func missing(_ key: String, _ example: String) {
    findings.add(.missing, at: pointer, "expected the key \(quoted(key))", hint: "as in \(example)")
  }

  func refuse(_ key: String, expected: String, got node: JSONNode, hint: String? = nil) {
    let code: Issue.Code = node.string == nil && node.number == nil ? .wrongType : .badValue
    findings.add(
      code, at: pointer(to: key), "expected \(quoted(key)) to be \(expected), got \(Self.shown(node))", hint: hint)
  }

  func pointer(to key: String) -> String { pointer + Issue.pointer(key) }

  private func value(_ key: String) -> JSONNode? {
    guard let node = node?[key], node.kind != .null else { return nil }
    return node
  }

  private func read<T>(_ key: String, expecting expected: String, _ convert: (JSONNode) -> T?) -> T? {
    guard let node = value(key) else { return nil }
    if let converted = convert(node) { return converted }
    refuse(key, expected: expected, got: node)
    return nil
  }

  /// A value in a sentence. Values of keys that may hold credentials never come here: URLs are read as plain strings.
  static func shown(_ node: JSONNode) -> String {
    switch node.kind {
    case .null: "null"
    case .bool: node.bool == true ? "true" : "false"
    case .number: node.number?.text ?? "a number"
    case .string: quoted(String((node.string ?? "").prefix(80)))
    case .array: "a list"
    case .object: "an object"
    }
  }
}

func quoted(_ word: String) -> String { "\"\(word)\"" }

func quoted(_ words: [String]) -> String { words.map(quoted).joined(separator: ", ") }

/// `did you mean "listen"?`
func meant(_ word: String, among known: [String]) -> String? {
  nearest(to: word, among: known).map { "did you mean \(quoted($0))?" }
}
