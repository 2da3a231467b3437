import JSON

extension Place {
  /// What stands under each key of an object.
  var members: [Place] {
    node.members.map { member in
      Place(
        node: member.value, pointer: pointer + "/" + member.key.escapedForPointer, findings: findings, key: member)
    }
  }

  func child(_ key: String) -> Place? {
    node.members.first { $0.hasKey(key) }.map { member in
      Place(node: member.value, pointer: pointer + "/" + key.escapedForPointer, findings: findings, key: member)
    }
  }

  /// The key under which it stands; empty for an element of a list.
  var name: String { key?.key ?? "" }

  /// Where not the value is wrong but the key: shown at the key.
  func keyError(_ code: Issue.Code, _ detail: @autoclosure () -> String, hint: @autoclosure () -> String? = nil) {
    guard !findings.isFull else { return }
    let location = key?.keyLocation ?? node.location
    findings.error(Issue(pointer: pointer, at: location, code: code, detail: detail(), hint: hint()))
  }

  /// One value, or a list of at least one.
  func oneOrMore(_ what: String, plural: String) -> [Place] {
    guard node.kind == .array else { return [self] }
    if node.elements.isEmpty { error(.badValue, "expected at least one \(what), got an empty list") }
    return list(of: plural) ?? []
  }
}
