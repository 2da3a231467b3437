/// The names that events and contacts had of late.
public struct SeenNames: Sendable {
  public struct Events: Sendable {
    /// How many were looked at.
    public var count: Int
    public var properties: Set<String>

    public init(count: Int = 0, properties: Set<String> = []) { (self.count, self.properties) = (count, properties) }
  }

  /// By type.
  public var events: [String: Events]
  /// How many contacts were looked at.
  public var contacts: Int
  public var attributes: Set<String>

  public init(events: [String: Events] = [:], contacts: Int = 0, attributes: Set<String> = []) {
    (self.events, self.contacts, self.attributes) = (events, contacts, attributes)
  }
}

/// Doubts names that nothing has had so far: most of them are slips of the pen, which would otherwise stay silent.
struct NameCheck {
  let references: References
  let findings: Findings

  /// With fewer, what is rare may simply not have come yet.
  private static let fewest = 10

  func check(_ chain: Chain) {
    let set = chain.program.flatMap { step -> [String] in
      if case .set(let assignments) = step.kind { assignments.map(\.name) } else { [] }
    }
    check(triggers: chain.triggers.map(\.event), set: set)
  }

  /// - Parameters:
  ///   - triggers: types of the events that may be the trigger; nil: a call may bring anything.
  ///   - set: attributes that the document itself sets.
  func check(triggers: [String?] = [], set: [String] = []) {
    for mention in findings.mentions {
      switch mention.what {
      case .eventType: doubt(type: mention)
      case .property(let type): doubt(property: mention, of: [type])
      case .triggerProperty:
        // A call may bring anything.
        if !triggers.contains(nil) { doubt(property: mention, of: triggers.compactMap { $0 }) }
      case .attribute: doubt(attribute: mention, set: set)
      case .channel, .chain, .segment: break
      }
    }
  }

  private func doubt(type mention: Mention) {
    guard let seen = references.eventTypes else { return }
    let known = seen.union(EventType.standard).union(EventType.own)
    guard !known.contains(mention.name) else { return }
    doubt(mention, "no event of the type \"\(mention.name)\" has ever come", known)
  }

  /// - Parameter types: one of them has it.
  private func doubt(property mention: Mention, of types: [String]) {
    guard let seen = references.seen else { return }
    let events = types.map { seen.events[$0] ?? SeenNames.Events() }
    guard !types.isEmpty, events.allSatisfy({ $0.count >= Self.fewest }) else { return }
    // The last two stand beside the properties; see `EventFact.visible`.
    var known = events.reduce(into: Set(["type", "at"])) { $0.formUnion($1.properties) }
    for type in types {
      known.formUnion(EventType.standardProperties[type] ?? [])
      if EventType.own.contains(type) { known.formUnion(EventType.ownProperties) }
    }
    guard !known.contains(mention.name) else { return }
    let names = types.map { "\"\($0)\"" }.joined(separator: " or ")
    let count = events.reduce(0) { $0 + $1.count }
    doubt(
      mention, "none of the newest \(count) events of the type \(names) has a property \"\(mention.name.prefix(60))\"",
      known
    )
  }

  private func doubt(attribute mention: Mention, set: [String]) {
    guard let seen = references.seen, seen.contacts >= Self.fewest else { return }
    let known = seen.attributes.union(ContactFields.builtIn).union(set)
    guard !known.contains(mention.name) else { return }
    doubt(
      mention, "none of the newest \(seen.contacts) contacts has an attribute \"\(mention.name.prefix(60))\"", known)
  }

  private func doubt(_ mention: Mention, _ detail: String, _ known: Set<String>) {
    mention.place(findings).doubtKey(
      detail, hint: nearest(to: mention.name, among: known.sorted()).map { "did you mean `\($0)`?" })
  }
}
