import Domain
import JSON

/// The short way through the common form of an event, about five times quicker than `EventFields`. It gives up on
/// whatever is not plain; then `EventFields` reads, and says what is wrong. What is taken here it would take alike.
enum PlainEvent {
  /// - Parameters:
  ///   - text: what was parsed.
  ///   - tape: the parser's.
  ///   - index: of the event on the tape.
  ///   - event: a blank one, filled in place: copying an event costs as much as looking at it.
  /// - Returns: whether it is plain, and `event` whole.
  static func read(
    _ text: Swift.Span<UInt8>, _ tape: Swift.Span<TapeEntry>, at index: Int = 0, limits: IngestLimits, now: Int64,
    into event: inout IncomingEvent
  ) -> Bool {
    let object = tape[index]
    guard object.isObject, object.children <= 5 else { return false }
    var place = index + 1
    while place < Int(object.next) {
      guard let key = EventKey(text, tape[place]) else { return false }
      let value = tape[place + 1]
      if !value.isNull {
        switch key {
        case .id:
          guard let id = text.plain(value, isPart: EventText.isIdentifierPart), !EventText.isDots(id) else {
            return false
          }
          event.id = id
        case .type:
          guard let type = text.plainType(value) else { return false }
          event.type = type
        case .contact:
          guard contact(text, tape, at: place + 1, &event.keys) else { return false }
        case .at:
          guard let at = text.time(value), at.milliseconds >= 0, at.milliseconds <= now + limits.aheadMilliseconds
          else { return false }
          event.at = at
        case .properties:
          guard value.isObject, !EventText.hasEscape(text.extracting(value.range)) else { return false }
          if value.children > 0 { event.properties = text.copy(value.range) }
        case .email, .phone, .anonymousID: return false
        }
      }
      place = Int(value.next)
    }
    return !event.type.isEmpty && !event.keys.isEmpty
  }

  /// False: not plain.
  private static func contact(
    _ text: Swift.Span<UInt8>, _ tape: Swift.Span<TapeEntry>, at index: Int, _ keys: inout ContactKeys
  ) -> Bool {
    let object = tape[index]
    guard object.isObject, object.children <= 4 else { return false }
    var place = index + 1
    while place < Int(object.next) {
      guard let key = EventKey(text, tape[place]) else { return false }
      let value = tape[place + 1]
      if !value.isNull {
        switch key {
        case .id:
          guard let id = text.plain(value, isPart: EventText.isIdentifierPart), !EventText.isDots(id) else {
            return false
          }
          keys.id = id
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
