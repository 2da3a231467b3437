import Domain
import Glibc
import JSON

/// One event's fields, each read and checked; every mistake is found, not only the first.
struct EventFields {
  private static let known = ["id", "type", "contact", "at", "properties"]
  private static let knownKeys = ["id", "email", "phone", "anonymous_id"]
  /// An object with more is not explained key by key: an error's place costs a walk through the text.
  private static let mostMembers = 16

  private let node: JSONNode
  private let pointer: String
  private let limits: IngestLimits
  private let now: Int64
  private var issues: [Issue] = []

  init(_ node: JSONNode, pointer: String, limits: IngestLimits, now: Int64) {
    (self.node, self.pointer, self.limits, self.now) = (node, pointer, limits, now)
  }

  consuming func read() throws(Refusal) -> IncomingEvent {
    guard node.kind == .object else { throw Refusal([.wrongType(pointer, node, expected: "an event as an object")]) }
    guard var fields = reader(node, pointer, EventFields.known) else { throw Refusal(issues) }
    let id = identifier("id", &fields)
    let type = type(&fields)
    let at = time(&fields)
    let properties = properties(&fields)
    let keys = keys(&fields)
    issues = fields.issues + issues
    guard issues.isEmpty, let type else { throw Refusal(issues) }
    return IncomingEvent(id: id, type: type, keys: keys, at: at, properties: properties)
  }

  private mutating func reader(
    _ node: JSONNode, _ pointer: String, _ known: [String], otherwise: String = propertiesHint
  ) -> FieldReader? {
    if node.kind == .object, node.count > EventFields.mostMembers {
      issues.append(
        Issue(
          pointer: pointer, at: node.location, code: .unknownKey,
          detail: "expected no keys but \(known.joined(separator: ", ")), got \(node.count) keys",
          hint: otherwise))
      return nil
    }
    return FieldReader(node, pointer: pointer, known: known, otherwise: otherwise)
  }

  private static let propertiesHint = "what an event is about belongs into `properties`"
  private static let profileHint = "names, locale, time zone and consents are told by PUT /v1/contacts/{id}"

  private func identifier(_ key: String, _ fields: inout FieldReader) -> String? {
    guard let text = fields.string(key, maxBytes: EventText.identifierBytes) else { return nil }
    guard EventText.isIdentifier(text) else {
      fields.refuse(key, .badValue, "expected \(EventReader.identifierHint), got \"\(text)\"")
      return nil
    }
    return text
  }

  private func type(_ fields: inout FieldReader) -> String? {
    guard let text = fields.string("type", maxBytes: EventText.typeBytes, required: true) else { return nil }
    guard EventText.isType(text) else {
      fields.refuse(
        "type", .badValue, "expected letters, digits and . _ -, beginning with a letter, got \"\(text)\"")
      return nil
    }
    if let prefix = EventText.ownPrefix(of: text) {
      fields.refuse(
        "type", .badValue, "expected a type of your own, got \"\(text)\"",
        hint: "types that begin with \"\(prefix)\" are written by the server itself; call it \"shop.\(text)\", say")
      return nil
    }
    return text
  }

  private func time(_ fields: inout FieldReader) -> Timestamp? {
    guard let at = fields.time("at") else { return nil }
    if at.milliseconds < 0 {
      fields.refuse("at", .badValue, "expected a time since 1970, got \(at.rfc3339)")
    } else if at.milliseconds > now + limits.aheadMilliseconds {
      fields.refuse(
        "at", .badValue,
        "expected a time at most \(limits.aheadMilliseconds / 1000) s ahead of the server's "
          + "\(Timestamp(milliseconds: now).rfc3339), got \(at.rfc3339)",
        hint: "set the sender's clock, or leave `at` out: then it is the time of acceptance")
    }
    return at
  }

  private func properties(_ fields: inout FieldReader) -> [UInt8] {
    guard let node = fields.field("properties"), !node.isNull else { return [] }
    guard node.kind == .object else {
      fields.refuse(.wrongType(fields.pointer(to: "properties"), node, expected: "an object"))
      return []
    }
    if node.count == 0 { return [] }
    guard !EventText.escapesNUL(node.rawBytes) else {
      fields.refuse("properties", .badValue, "expected text without NUL, got \\u0000 in it")
      return []
    }
    return [UInt8](node.rawBytes)
  }

  private mutating func keys(_ fields: inout FieldReader) -> ContactKeys {
    let place = fields.pointer(to: "contact")
    guard let node = fields.field("contact"), !node.isNull else {
      fields.refuse("contact", .missing, "expected `contact`, got nothing", hint: EventFields.keysHint)
      return ContactKeys()
    }
    guard var keys = reader(node, place, EventFields.knownKeys, otherwise: EventFields.profileHint) else {
      return ContactKeys()
    }
    let found = ContactKeys(
      id: identifier("id", &keys), email: email(&keys), phone: phone(&keys), anonymousID: anonymousID(&keys))
    if found.isEmpty, keys.issues.isEmpty {
      keys.refuse(
        Issue(
          pointer: place, at: node.location, code: .missing,
          detail: "expected at least one key of the contact, got none", hint: EventFields.keysHint))
    }
    issues += keys.issues
    return found
  }

  private static let keysHint = "name `id`, `email`, `phone` or `anonymous_id`: {\"contact\": {\"id\": \"42\"}}"

  private func email(_ keys: inout FieldReader) -> String? {
    guard let text = keys.string("email") else { return nil }
    guard let address = EmailAddress(text) else {
      keys.refuse("email", .badValue, "expected an e-mail address, got \"\(text)\"", hint: EmailAddress.hint)
      return nil
    }
    return address.text
  }

  private func phone(_ keys: inout FieldReader) -> String? {
    guard let text = keys.string("phone") else { return nil }
    guard let number = PhoneNumber(text) else {
      keys.refuse("phone", .badValue, "expected a phone number, got \"\(text)\"", hint: PhoneNumber.hint)
      return nil
    }
    return number.text
  }

  private func anonymousID(_ keys: inout FieldReader) -> String? {
    guard let text = keys.string("anonymous_id", maxBytes: EventText.identifierBytes) else { return nil }
    guard text.utf8.allSatisfy({ $0 > 0x1F && $0 != 0x7F }) else {
      keys.refuse("anonymous_id", .badValue, "expected text without control characters")
      return nil
    }
    return text
  }
}
