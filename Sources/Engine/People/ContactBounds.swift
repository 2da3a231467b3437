import Domain
import Ingest
import JSON

/// How large a contact's own data may grow.
enum ContactBounds {
  static let attributeNameBytes = 64
  /// All attributes of a contact together, as compact JSON.
  static let attributesBytes = 65_536
  /// Arrays and objects inside an attribute.
  static let attributeDepth = 8
  static let addressBytes = 512
  static let addressesCount = 32

  static func isAttributeName(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= attributeNameBytes else { return false }
    return isLetter(first) && name.utf8.allSatisfy { isLetter($0) || isDigit($0) }
  }

  /// 1 for a scalar, one more for each array or object around it.
  static func depth(_ value: JSONNode) -> Int {
    switch value.kind {
    case .null, .bool, .number, .string: 1
    case .array: 1 + (value.elements.map(depth).max() ?? 0)
    case .object: 1 + (value.members.map { depth($0.value) }.max() ?? 0)
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
    default: false
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}

extension FieldReader {
  mutating func attributes(_ key: String) -> JSONObject {
    guard let value = objectField(key) else { return [:] }
    var attributes: JSONObject = [:]
    for member in value.members {
      let name = member.key
      if let issue = attributeIssue(name, member, pointer(to: key) + Issue.pointer(name)) {
        refuse(issue)
      } else {
        attributes[name] = member.value.value
      }
    }
    return attributes
  }

  mutating func addresses(_ key: String) -> JSONObject {
    guard let value = objectField(key) else { return [:] }
    var addresses: JSONObject = [:]
    for member in value.members {
      let name = member.key
      if let issue = addressIssue(name, member, pointer(to: key) + Issue.pointer(name)) {
        refuse(issue)
      } else {
        addresses[name] = member.value.value
      }
    }
    return addresses
  }

  private mutating func objectField(_ key: String) -> JSONNode? {
    guard let value = field(key), !value.isNull else { return nil }
    guard value.kind == .object else {
      refuse(.wrongType(pointer(to: key), value, expected: "an object"))
      return nil
    }
    return value
  }

  private func attributeIssue(_ name: String, _ member: JSONMember, _ pointer: String) -> Issue? {
    func issue(_ code: Issue.Code, _ detail: String, _ hint: String? = nil) -> Issue {
      Issue(pointer: pointer, at: member.keyLocation, code: code, detail: detail, hint: hint)
    }
    if ContactFields.builtIn.contains(name) {
      let hint =
        ContactPatch.fields.contains(name) ? "write `\(name)` beside `attributes`, or choose another name" : nil
      return issue(.badValue, "`\(name)` is a built-in field of contacts", hint ?? "choose another name")
    }
    guard ContactBounds.isAttributeName(name) else {
      return issue(
        .badValue,
        "expected a name of letters, digits and `_`, of at most \(ContactBounds.attributeNameBytes) bytes, got \"\(name)\"",
        "templates and conditions reach it as `contact.name`")
    }
    guard ContactBounds.depth(member.value) <= ContactBounds.attributeDepth else {
      return issue(.tooLarge, "expected at most \(ContactBounds.attributeDepth) levels of arrays and objects, got more")
    }
    guard !EventReader.escapesNUL(member.value.rawBytes) else {
      return issue(.badValue, "expected text without NUL, got \\u0000 in it")
    }
    return nil
  }

  private func addressIssue(_ name: String, _ member: JSONMember, _ pointer: String) -> Issue? {
    let value = member.value
    switch name {
    case "email", "phone":
      return Issue(
        pointer: pointer, at: member.keyLocation, code: .badValue, detail: "`\(name)` is a field of its own",
        hint: "write `\(name)` beside `addresses`")
    case "sms", "call", "whatsapp":
      return Issue(
        pointer: pointer, at: member.keyLocation, code: .badValue, detail: "the channel \(name) uses `phone`",
        hint: "write `phone` beside `addresses`")
    default: break
    }
    guard ChannelName.isGood(name) else { return ChannelName.issue(pointer, at: member.keyLocation, got: name) }
    if value.isNull { return nil }
    guard let text = value.string else { return .wrongType(pointer, value, expected: "a string") }
    guard (1...ContactBounds.addressBytes).contains(text.utf8.count), !text.utf8.contains(where: { $0 < 0x20 }) else {
      return Issue(
        pointer: pointer, at: value.location, code: .badValue,
        detail: "expected 1 to \(ContactBounds.addressBytes) bytes without control characters, got \(text.utf8.count)")
    }
    return nil
  }
}
