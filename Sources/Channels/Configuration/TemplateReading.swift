import Domain
import JSON

/// Reads templates out of a configuration; what is wrong with them becomes an issue at their place.
extension FieldReader {
  mutating func template(_ node: JSONNode, at pointer: String, known: KnownValues) -> TextTemplate? {
    guard let text = node.string else {
      refuse(.wrongType(pointer, node, expected: "a string"))
      return nil
    }
    do {
      return try TextTemplate(text, known: known)
    } catch {
      refuse(error.issue(at: pointer, node.location))
      return nil
    }
  }

  /// A JSON tree whose strings are templates.
  mutating func jsonTemplate(_ node: JSONNode, at pointer: String, known: KnownValues) -> JSONTemplate {
    switch node.kind {
    case .null, .bool, .number:
      return .constant(node.value)
    case .string:
      guard let template = template(node, at: pointer, known: known) else { return .constant(.null) }
      return .text(template)
    case .array:
      var elements: [JSONTemplate] = []
      for (index, element) in node.elements.enumerated() {
        elements.append(jsonTemplate(element, at: "\(pointer)/\(index)", known: known))
      }
      return .array(elements)
    case .object:
      var members: [(key: String, value: JSONTemplate)] = []
      for member in node.members {
        let value = jsonTemplate(member.value, at: pointer + Issue.pointer(member.key), known: known)
        members.append((member.key, value))
      }
      return .object(members)
    }
  }

  /// An object of templates: headers, form fields. Numbers and truth values are taken as their text.
  mutating func templates(_ key: String, known: KnownValues) -> [(name: String, value: TextTemplate)] {
    guard let node = field(key), !node.isNull else { return [] }
    guard node.kind == .object else {
      refuse(.wrongType(pointer(to: key), node, expected: "an object"))
      return []
    }
    var templates: [(name: String, value: TextTemplate)] = []
    for member in node.members {
      let place = pointer(to: key) + Issue.pointer(member.key)
      switch member.value.kind {
      case .number, .bool:
        templates.append((member.key, TextTemplate(pieces: [.literal(member.value.value.text)])))
      case .string, .null, .array, .object:
        if let template = template(member.value, at: place, known: known) { templates.append((member.key, template)) }
      }
    }
    return templates
  }
}

extension TextTemplate.Mistake {
  /// Names secrets, never their values.
  func issue(at pointer: String, _ location: JSONLocation) -> Issue {
    let (code, detail, hint): (Issue.Code, String, String?) =
      switch self {
      case .unclosed: (.badValue, "expected }} after {{, got the end of the text", nil)
      case .noSender: (.unknownReference, "expected a key \"from\" in this channel, which {{from}} stands for", nil)
      case .missingSecret(let name):
        (
          .unknownReference, "the secret \(name) is not set",
          "set ZVENO_SECRET_\(name), or ZVENO_SECRET_\(name)_FILE to a file that holds it"
        )
      case .unknown(let name):
        (
          .unknownReference, "unknown placeholder {{\(name)}}",
          nearest(to: name, among: Placeholder.names.keys.sorted()).map { "did you mean {{\($0)}}?" }
            ?? "known: \(Placeholder.names.keys.sorted().joined(separator: ", ")), data.…, secret.…, from"
        )
      }
    return Issue(pointer: pointer, at: location, code: code, detail: detail, hint: hint)
  }
}
