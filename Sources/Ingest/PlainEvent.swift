import Domain
import JSON

/// The short way through the common form of an event, about five times quicker than `EventFields`. It gives up on
/// whatever is not plain; then `EventFields` reads, and says what is wrong. What is taken here it would take alike.
enum PlainEvent {
  /// - Parameters:
  ///   - text: what was parsed.
  ///   - tape: the parser's.
  ///   - index: of the event on the tape.
  /// - Returns: nil when it is not plain.
  static func read(
    _ text: Swift.Span<UInt8>, _ tape: Swift.Span<TapeEntry>, at index: Int = 0, limits: IngestLimits, now: Int64
  ) -> IncomingEvent? {
    let object = tape[index]
    guard object.kind == .object, object.children <= 5 else { return nil }
    var id: String?
    var type: String?
    var keys = ContactKeys()
    var at: Timestamp?
    var properties: [UInt8] = []
    var place = index + 1
    while place < Int(object.next) {
      guard let key = EventKey(text, tape[place]) else { return nil }
      let value = tape[place + 1]
      if value.kind != .null {
        switch key {
        case .id:
          id = text.plain(value, isPart: EventText.isIdentifierPart)
          if id == nil { return nil }
        case .type:
          type = text.plainType(value)
          if type == nil { return nil }
        case .contact:
          guard contact(text, tape, at: place + 1, &keys) else { return nil }
        case .at:
          at = text.time(value)
          guard let at, at.milliseconds >= 0, at.milliseconds <= now + limits.aheadMilliseconds else { return nil }
        case .properties:
          guard value.kind == .object, !EventText.hasEscape(text.extracting(value.range)) else { return nil }
          if value.children > 0 { properties = text.copy(value.range) }
        case .email, .phone, .anonymousID: return nil
        }
      }
      place = Int(value.next)
    }
    guard let type, !keys.isEmpty else { return nil }
    return IncomingEvent(id: id, type: type, keys: keys, at: at, properties: properties)
  }

  /// False: not plain.
  private static func contact(
    _ text: Swift.Span<UInt8>, _ tape: Swift.Span<TapeEntry>, at index: Int, _ keys: inout ContactKeys
  ) -> Bool {
    let object = tape[index]
    guard object.kind == .object, object.children <= 4 else { return false }
    var place = index + 1
    while place < Int(object.next) {
      guard let key = EventKey(text, tape[place]) else { return false }
      let value = tape[place + 1]
      if value.kind != .null {
        switch key {
        case .id:
          keys.id = text.plain(value, isPart: EventText.isIdentifierPart)
          if keys.id == nil { return false }
        case .email:
          keys.email = text.plainEmail(value)
          if keys.email == nil { return false }
        case .phone:
          keys.phone = text.plainPhone(value)
          if keys.phone == nil { return false }
        case .anonymousID:
          keys.anonymousID = text.plain(value) { $0 > 0x1F && $0 < 0x7F }
          if keys.anonymousID == nil { return false }
        case .type, .contact, .at, .properties: return false
        }
      }
      place = Int(value.next)
    }
    return true
  }
}

/// The keys of an event and of its contact.
private enum EventKey {
  case id, type, contact, at, properties, email, phone, anonymousID

  /// Nil: another word, or not written plainly.
  init?(_ text: Swift.Span<UInt8>, _ key: TapeEntry) {
    let content = key.content
    // Only asked of words that are as long.
    func spells(_ word: StaticString) -> Bool {
      for offset in 0..<word.utf8CodeUnitCount
      where word.utf8Start[offset] != text[content.lowerBound &+ offset] { return false }
      return true
    }
    if key.isEscaped { return nil }
    switch content.count {
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
