import Domain
import JSON

extension AnswerRules {
  init(reading block: inout FieldReader) {
    self.init()
    if let node = block.field("accepted"), !node.isNull {
      let pointer = block.pointer(to: "accepted")
      accepted = block.pattern(node, at: pointer, known: ["status", "match", "id"])
      idPointer = node["id"].flatMap { $0.isNull ? nil : block.jsonPointer($0, at: pointer + "/id") }
    }
    rejected = block.patterns("rejected")
    retry = block.patterns("retry")
  }
}

extension FieldReader {
  /// One pattern, or a list of which any may fit.
  fileprivate mutating func patterns(_ key: String) -> [AnswerRules.Pattern] {
    guard let node = field(key), !node.isNull else { return [] }
    let isList = node.kind == .array
    var patterns: [AnswerRules.Pattern] = []
    for (index, element) in (isList ? node.elements : [node]).enumerated() {
      let place = pointer(to: key) + (isList ? "/\(index)" : "")
      let pattern = pattern(element, at: place, known: ["status", "match"])
      if pattern.statuses == nil, pattern.match.isEmpty {
        refuse(
          Issue(
            pointer: place, at: element.location, code: .missing, detail: "expected `status` or `match`, got neither"))
      }
      patterns.append(pattern)
    }
    return patterns
  }

  fileprivate mutating func pattern(_ node: JSONNode, at pointer: String, known: [String]) -> AnswerRules.Pattern {
    let fields = FieldReader(node, pointer: pointer, known: known)
    for issue in fields.issues { refuse(issue) }
    var pattern = AnswerRules.Pattern()
    if let statuses = node["status"], !statuses.isNull {
      pattern.statuses = statusSet(statuses, at: pointer + "/status")
    }
    for member in node["match"]?.members ?? [] {
      let values = member.value.kind == .array ? member.value.elements.map(\.value) : [member.value.value]
      if Self.isPointer(member.key) {
        pattern.match.append((member.key, values))
      } else {
        refuse(Self.notAPointer(pointer + "/match" + Issue.pointer(member.key), member.keyLocation, got: member.key))
      }
    }
    if let match = node["match"], match.kind != .object, !match.isNull {
      refuse(.wrongType(pointer + "/match", match, expected: "an object of JSON pointers and values"))
    }
    return pattern
  }

  /// A list of statuses, or one.
  private mutating func statusSet(_ node: JSONNode, at pointer: String) -> Set<Int> {
    var statuses: Set<Int> = []
    for element in node.kind == .array ? node.elements : [node] {
      guard let status = element.number?.int.flatMap({ Int(exactly: $0) }), (200...599).contains(status) else {
        refuse(.wrongType(pointer, element, expected: "HTTP statuses from 200 to 599"))
        continue
      }
      statuses.insert(status)
    }
    return statuses
  }

  fileprivate mutating func jsonPointer(_ node: JSONNode, at pointer: String) -> String? {
    if let text = node.string, Self.isPointer(text) { return text }
    refuse(Self.notAPointer(pointer, node.location, got: node.string ?? node.kind.phrase))
    return nil
  }

  private static func isPointer(_ text: String) -> Bool { text.hasPrefix("/") }

  private static func notAPointer(_ pointer: String, _ location: JSONLocation, got: String) -> Issue {
    Issue(
      pointer: pointer, at: location, code: .badValue, detail: "expected a JSON pointer, got \"\(got)\"",
      hint: "begin with a slash, as in \"/message_id\"")
  }
}
