import Domain
import JSON

/// What an event of a type must be like to change a condition's answer. Asked before the contact is read at all.
enum EventScreen {
  case always
  /// Its properties must fit one of these.
  case fits([Match])
  /// `contact.updated` of one of these fields.
  case changes(Set<String>)

  /// By type; one that is not among them changes nothing.
  /// - Parameter purchase: the type of event that is one.
  static func screens(of condition: Condition, purchase: String) -> [String: EventScreen] {
    var screens: [String: EventScreen] = [:]
    condition.forEach { part in
      for (type, screen) in Self.screens(ofPart: part, purchase) {
        screens[type] = screens[type].map { $0.joined(screen) } ?? screen
      }
    }
    return screens
  }

  private static func screens(ofPart part: Condition, _ purchase: String) -> [String: EventScreen] {
    switch part {
    // Whom a segment has let in or out is followed on the spot.
    case .all, .any, .not, .segment: return [:]
    case .did(let did) where did.isConstant: return [did.type: did.match.map { .fits([$0]) } ?? .always]
    case .silence(let silence) where silence.match?.isConstant ?? true:
      return [silence.type: silence.match.map { .fits([$0]) } ?? .always]
    case .contact(let match) where match.isConstant:
      let fields = Set(match.fields.compactMap(\.path.parts.first))
      return [ContactChange.type: fields.contains("updated_at") ? .always : .changes(fields)]
    case .rfm: return [RfmRule.moved: .always, purchase: .always]
    case .buysAtDiscount, .prefers: return [purchase: .always, ContactChange.type: .always]
    default:
      return Dictionary(part.eventTypes.map { ($0, .always) }) { $1 }
    }
  }

  private func joined(_ other: EventScreen) -> EventScreen {
    switch (self, other) {
    case (.fits(let a), .fits(let b)): .fits(a + b)
    case (.changes(let a), .changes(let b)): .changes(a.union(b))
    default: .always
    }
  }

  func lets(_ occasion: Occasion) throws -> Bool {
    switch self {
    case .always: return true
    case .fits(let matches):
      let properties = try occasion.fact().properties
      return matches.contains { match in
        match.holds(for: properties) { if case .literal(let value) = $0 { value } else { nil } }
      }
    case .changes(let fields):
      guard let change = try ContactChange(occasion.fact()) else { return true }
      return change.fields.contains("id") || !change.fields.isDisjoint(with: fields)
    }
  }
}
