import JSON

/// What `contact.updated` says: which of a contact's fields are others now. Names alone, never their values.
public struct ContactChange: Sendable {
  public static let type = "contact.updated"

  /// Built-in fields and attributes side by side, by their first names: `time_zone`, `trip`, `lists`.
  public let fields: Set<String>

  /// Nil for every other event.
  public init?(_ event: EventFact) {
    guard event.type == Self.type else { return nil }
    let paths = event.properties["changed"]?.array?.compactMap(\.string) ?? []
    fields = Set(paths.compactMap { $0.split(separator: ".").drop { $0 == "attributes" }.first.map(String.init) })
  }
}

extension Step {
  /// Fields of the contact that the end of the step follows from while a run stands there.
  var clockFields: Set<String> {
    switch kind {
    case .wait(let wait): wait.atMost == nil && wait.atLeast.isExact ? [] : Self.zone
    case .waitUntil(.date(.contact(let path), _, _)): Self.zone.union(path.parts.prefix(1))
    case .waitUntil: Self.zone
    case .waitFor(let wait): wait.atMost.isExact && !wait.condition.dependsOnZone ? [] : Self.zone
    case .send, .branch, .choose, .split, .set, .list, .webhook, .offer, .enter, .leave, .exit: []
    }
  }

  fileprivate static let zone: Set = ["time_zone"]
}

extension Chain {
  /// Fields of contacts whose change may move the next look at a run inside.
  public var clockFields: Set<String> {
    program.reduce(into: stopFields) { $0.formUnion($1.clockFields) }
  }

  private var stopFields: Set<String> { stopWhen.contains(where: \.dependsOnZone) ? Step.zone : [] }

  /// Whether the next look at the run follows from what has changed about its contact.
  public func depends(_ run: Run, on change: ContactChange) -> Bool {
    let fields = program[safe: run.step]?.clockFields.union(stopFields) ?? stopFields
    return !fields.isDisjoint(with: change.fields)
  }
}

extension Condition {
  /// The moment at which time alone turns it is another by another clock.
  public var dependsOnZone: Bool {
    var depends = false
    forEach { part in
      switch part {
      case .weekday, .localTime: depends = true
      case .did(let did):
        if case .within(let span) = did.window, !span.isExact { depends = true }
        if did.tests.contains(where: { if case .percentOfOwnYear = $0.operand { true } else { false } }) {
          depends = true
        }
      case .silence(let silence): if let length = silence.length, !length.isExact { depends = true }
      case .all, .any, .not, .contact, .trigger, .latest, .message, .consent, .reachable, .list, .inChain, .relation,
        .segment, .rfm, .buysAtDiscount, .prefers, .ofTrigger, .affordable, .neverLeft:
        break
      }
    }
    return depends
  }
}
