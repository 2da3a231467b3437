import Domain
import JSON

/// The short way through the common form of an event, about three times quicker than `EventFields`. It gives up on
/// whatever is not plain; then `EventFields` reads, and says what is wrong. What is taken here it would take alike.
enum PlainEvent {
  /// Nil: not plain.
  static func read(_ node: JSONNode, limits: IngestLimits, now: Int64) -> IncomingEvent? {
    guard node.kind == .object, node.count <= 5 else { return nil }
    var event = IncomingEvent(type: "")
    for member in node.members {
      guard let key = Key(member.keyBytes) else { return nil }
      let value = member.value
      if value.isNull { continue }
      switch key {
      case .id:
        guard let id = value.plainText(isPart: EventText.isIdentifierPart) else { return nil }
        event.id = id
      case .type:
        guard let type = type(value) else { return nil }
        event.type = type
      case .contact:
        guard let keys = keys(value) else { return nil }
        event.keys = keys
      case .at:
        guard let at = time(value), at.milliseconds >= 0, at.milliseconds <= now + limits.aheadMilliseconds else {
          return nil
        }
        event.at = at
      case .properties:
        guard value.kind == .object, !EventText.hasEscape(value.rawBytes) else { return nil }
        if value.count > 0 { event.properties = [UInt8](value.rawBytes) }
      case .email, .phone, .anonymousID: return nil
      }
    }
    return event.type.isEmpty || event.keys.isEmpty ? nil : event
  }

  /// Those with a dot may be the server's own.
  private static func type(_ value: JSONNode) -> String? {
    guard let bytes = value.stringBytes, let first = bytes.first, EventText.isLetter(first),
      bytes.count <= EventText.typeBytes
    else { return nil }
    return value.plainText { EventText.isTypePart($0) && $0 != UInt8(ascii: ".") }
  }

  private static func keys(_ node: JSONNode) -> ContactKeys? {
    guard node.kind == .object, node.count <= 4 else { return nil }
    var keys = ContactKeys()
    for member in node.members {
      guard let key = Key(member.keyBytes) else { return nil }
      let value = member.value
      if value.isNull { continue }
      switch key {
      case .id:
        guard let id = value.plainText(isPart: EventText.isIdentifierPart) else { return nil }
        keys.id = id
      case .email:
        guard let email = email(value) else { return nil }
        keys.email = email
      case .phone:
        guard let phone = value.stringBytes, isPhone(phone) else { return nil }
        keys.phone = String(decoding: phone, as: UTF8.self)
      case .anonymousID:
        guard let id = value.plainText(isPart: { $0 > 0x1F && $0 < 0x7F }) else { return nil }
        keys.anonymousID = id
      case .type, .contact, .at, .properties: return nil
      }
    }
    return keys
  }

  private static func time(_ value: JSONNode) -> Timestamp? {
    guard let bytes = value.stringBytes, bytes.count <= 64 else { return nil }
    return PlainTime.read(bytes) ?? Timestamp(rfc3339: String(decoding: bytes, as: UTF8.self))
  }

  /// `+` and eight to fifteen digits.
  private static func isPhone(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard bytes.first == UInt8(ascii: "+"), (9...16).contains(bytes.count) else { return false }
    let digits = bytes.dropFirst()
    return digits.first != UInt8(ascii: "0") && digits.allSatisfy(EventText.isDigit)
  }

  /// Lower-case letters, digits and marks before one `@`; labels of letters and digits after it.
  private static func email(_ value: JSONNode) -> String? {
    guard let bytes = value.stringBytes, bytes.count <= 64 else { return nil }
    var at: Int?
    var dots = 0
    var last = UInt8(ascii: ".")
    for (index, byte) in bytes.enumerated() {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
      case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "+"):
        // In a domain only single dots and hyphens between letters; before it the same, for simplicity.
        if !EventText.isLetter(last) && !EventText.isDigit(last) { return nil }
        if at != nil, byte == UInt8(ascii: "_") || byte == UInt8(ascii: "+") { return nil }
        if at != nil, byte == UInt8(ascii: ".") { dots += 1 }
      case UInt8(ascii: "@"):
        if at != nil || (!EventText.isLetter(last) && !EventText.isDigit(last)) { return nil }
        at = index
      default: return nil
      }
      last = byte
    }
    guard at != nil, dots > 0, EventText.isLetter(last) || EventText.isDigit(last) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The keys of an event and of its contact.
private enum Key {
  case id, type, contact, at, properties, email, phone, anonymousID

  init?(_ bytes: ArraySlice<UInt8>) {
    // Only asked of words that are as long.
    func spells(_ word: StaticString) -> Bool {
      bytes.withUnsafeBytes { $0.elementsEqual(UnsafeRawBufferPointer(start: word.utf8Start, count: $0.count)) }
    }
    switch bytes.count {
    case 2 where spells("id"): self = .id
    case 2 where spells("at"): self = .at
    case 4 where spells("type"): self = .type
    case 5 where spells("email"): self = .email
    case 5 where spells("phone"): self = .phone
    case 7 where spells("contact"): self = .contact
    case 10 where spells("properties"): self = .properties
    case 12 where spells("anonymous_id"): self = .anonymousID
    default: return nil
    }
  }
}

extension JSONNode {
  /// A string of 1 to 128 such bytes, all of them ASCII.
  fileprivate func plainText(isPart: (UInt8) -> Bool) -> String? {
    guard let bytes = stringBytes, !bytes.isEmpty, bytes.count <= EventText.identifierBytes,
      bytes.allSatisfy(isPart)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
