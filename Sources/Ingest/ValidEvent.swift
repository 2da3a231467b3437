import Domain
import JSON

/// The short way through an event in which nothing is wrong, several times quicker than `EventFields`. It gives up on
/// any other; then `EventFields` says what is wrong. Both take the same events, and alike.
enum ValidEvent {
  /// - Parameters:
  ///   - text: what was parsed.
  ///   - parser: by which.
  ///   - index: of the event on its tape.
  ///   - event: a blank one, filled in place: copying an event costs as much as looking at it.
  /// - Returns: whether it is valid, and `event` whole.
  static func read(
    _ text: Swift.Span<UInt8>, _ parser: borrowing JSONParser, at index: Int = 0, limits: IngestLimits, now: Int64,
    into event: inout IncomingEvent
  ) -> Bool {
    let tape = parser.tape.span
    let object = tape[index]
    guard object.isObject, object.children <= 5 else { return false }
    var place = index + 1
    while place < Int(object.next) {
      guard let key = EventKey(text, tape[place]) else { return false }
      let value = tape[place + 1]
      switch key {
      case .email, .phone, .anonymousID: return false
      case _ where value.isNull: break
      case .id:
        guard let id = text.identifier(value) else { return false }
        event.id = id
      case .type:
        guard let type = text.type(value) else { return false }
        event.type = type
      case .contact:
        guard contact(text, tape, at: place + 1, &event.keys) else { return false }
      case .at:
        guard let at = text.time(value), at.milliseconds >= 0, at.milliseconds <= now + limits.aheadMilliseconds
        else { return false }
        event.at = at
      case .properties:
        guard value.isObject else { return false }
        if value.children > 0 { event.properties = text.copy(value.range) }
        if parser.escapesNUL, EventText.escapesNUL(event.properties[...]) { return false }
      }
      place = Int(value.next)
    }
    return !event.type.isEmpty && !event.keys.isEmpty
  }

  /// False: something is wrong.
  private static func contact(
    _ text: Swift.Span<UInt8>, _ tape: Swift.Span<TapeEntry>, at index: Int, _ keys: inout ContactKeys
  ) -> Bool {
    let object = tape[index]
    guard object.isObject, object.children <= 4 else { return false }
    var place = index + 1
    while place < Int(object.next) {
      guard let key = EventKey(text, tape[place]) else { return false }
      let value = tape[place + 1]
      switch key {
      case .type, .contact, .at, .properties: return false
      case _ where value.isNull: break
      case .id:
        keys.id = text.identifier(value)
        if keys.id == nil { return false }
      case .email:
        keys.email = text.email(value)
        if keys.email == nil { return false }
      case .phone:
        keys.phone = text.phone(value)
        if keys.phone == nil { return false }
      case .anonymousID:
        keys.anonymousID = text.anonymousID(value)
        if keys.anonymousID == nil { return false }
      }
      place = Int(value.next)
    }
    return true
  }
}

/// The keys of an event and of its contact.
private enum EventKey {
  case id, type, contact, at, properties, email, phone, anonymousID

  /// Nil: another word.
  init?(_ text: Swift.Span<UInt8>, _ key: TapeEntry) {
    guard let known = text.read(key, EventKey.init(_:_:)) else { return nil }
    self = known
  }

  private init?(_ text: Swift.Span<UInt8>, _ content: Range<Int>) {
    // Only asked of words that are as long.
    func spells(_ word: StaticString) -> Bool {
      for offset in 0..<word.utf8CodeUnitCount
      where word.utf8Start[offset] != text[content.lowerBound &+ offset] { return false }
      return true
    }
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
