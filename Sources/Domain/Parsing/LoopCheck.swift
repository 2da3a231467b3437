import JSON

/// Finds triggers by which a chain would let itself in: what its steps do comes back as events of the server's own.
struct LoopCheck {
  let chain: Chain
  let references: References

  /// Whether something that a step does may be the trigger.
  func leadsBack(to trigger: Trigger) -> Bool {
    guard case .event(let type, let match) = trigger.kind, EventType.own.contains(type) else { return false }
    return caused(type).contains { event in
      (match?.fields ?? []).allSatisfy { field in
        // What else an event of the type has, and what is compared with at that moment, nobody knows now.
        guard event[field.path.parts[0]] != nil, Match(fields: [field]).isConstant else { return true }
        return Match(fields: [field]).holds(for: .object(event)) { expression in
          if case .literal(let value) = expression { value } else { nil }
        }
      }
    }
  }

  /// What is known of the events of the type that follow from the chain's steps.
  private func caused(_ type: String) -> [JSONObject] {
    switch type {
    case ContactChange.type: chain.program.flatMap(changes)
    case "chain.entered", "chain.ended": [["chain": chainID]]
    // Whether its steps move a segment nobody can tell: what goes round all the same is stopped at so many a day.
    case SegmentEvent.entered, SegmentEvent.left, RfmRule.moved: []
    case _ where type.hasPrefix("call."): messages { references.channels?[$0.channel]?.opensTask ?? true }
    default: messages { _ in true }
    }
  }

  private var chainID: JSONValue { .string(references.chainID ?? "") }

  private func changes(by step: Step) -> [JSONObject] {
    let fields: [String] =
      switch step.kind {
      case .set(let assignments): assignments.map { "attributes." + $0.name }
      case .list(let list, _): ["lists." + list]
      case .wait, .waitUntil, .waitFor, .send, .branch, .choose, .split, .webhook, .offer, .enter, .leave, .exit: []
      }
    return fields.map { ["changed": .array([.string($0)])] }
  }

  private func messages(_ isAmong: (Send) -> Bool) -> [JSONObject] {
    chain.program.compactMap { step in
      guard case .send(let send) = step.kind, isAmong(send) else { return nil }
      return ["channel": .string(send.channel), "chain": chainID, "step": .string(step.label)]
    }
  }
}
