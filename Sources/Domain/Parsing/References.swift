import JSON

/// What a chain may name outside itself.
public struct References: Sendable {
  public var channels: [String: ChannelPolicy]
  public var templates: Set<String>
  /// Those among them that are parts of letters and cannot be sent.
  public var partials: Set<String> = []
  /// The chain's own id, where it has one.
  public var chainID: String?
  /// Event types seen so far; nil asks for no warnings about them.
  public var eventTypes: Set<String>?
  /// How long events are kept.
  public var retention = RetentionPolicy()

  public init(channels: [String: ChannelPolicy], templates: Set<String>, eventTypes: Set<String>? = nil) {
    (self.channels, self.templates, self.eventTypes) = (channels, templates, eventTypes)
  }
}

/// Looks for what the chain names, and for hours that never meet.
struct ReferenceCheck {
  let references: References
  let findings: Findings

  func check(_ chain: Chain, _ root: JSONNode) {
    checkForLoop(chain, Place(node: root["enter"] ?? root, pointer: "/enter", findings: findings))
    for step in chain.program {
      guard case .send(let send) = step.kind else { continue }
      let place = Place(node: node(at: step.pointer, in: root), pointer: step.pointer, findings: findings)
      check(send, chain, place)
    }
    for channel in chain.namedChannels where references.channels[channel] == nil {
      unknownChannel(channel, at: Place(node: root, pointer: "", findings: findings))
    }
    warnOfTypes(chain, root)
    for window in findings.windows {
      check(
        window.span, type: window.type,
        at: Place(node: window.node, pointer: window.pointer, findings: findings))
    }
  }

  /// What is deleted is not seen: a window that is longer than its events are kept would lie.
  private func check(_ window: Span?, type: String, at place: Place) {
    guard let kept = references.retention.span(ofType: type) else { return }
    guard let window else {
      return place.warning(
        .doubtful, "this looks at all the past, and events of the type \"\(type)\" are kept for \(kept.text)",
        hint: "say \"within\": \"\(kept.text)\", or keep them longer: `retention` in the configuration")
    }
    guard !references.retention.reaches(window, ofType: type) else { return }
    place.error(
      .badValue,
      "this looks \(window.text) back, and events of the type \"\(type)\" are kept for \(kept.text)",
      hint: "say at most \"\(kept.text)\", or keep them longer: `retention` in the configuration")
  }

  private func check(_ send: Send, _ chain: Chain, _ place: Place) {
    if let policy = references.channels[send.channel] {
      if send.purpose == .marketing, !AllowedHours([policy.hours, chain.hours]).everMeet {
        place.error(
          .badValue,
          "the channel's hours \(policy.hours?.text ?? "") and the chain's \(chain.hours?.text ?? "") never meet",
          hint: "the chain's `hours` only narrow the channel's")
      }
    } else {
      unknownChannel(send.channel, at: sub(place, "send"))
    }
    if references.partials.contains(send.template) {
      sub(place, "template").error(
        .badValue, "\"\(send.template)\" is a part of other templates and cannot be sent",
        hint: "name a template that includes it")
    } else if !references.templates.contains(send.template) {
      sub(place, "template").error(
        .unknownReference, "expected the id of a template, got \"\(send.template.prefix(60))\", which does not exist",
        hint: nearest(to: send.template, among: references.templates.sorted()).map { "did you mean `\($0)`?" }
          ?? "save it first: PUT /v1/templates/\(send.template.prefix(60))")
    }
  }

  /// What the chain does comes back as events: one that enters on them would go on without end.
  private func checkForLoop(_ chain: Chain, _ place: Place) {
    guard chain.reenter != .never else { return }
    let sends = chain.program.contains { if case .send = $0.kind { true } else { false } }
    let sets = chain.program.contains { if case .set = $0.kind { true } else { false } }
    for trigger in chain.triggers {
      let isOwn = EventType.own.contains(trigger.event)
      guard isOwn, trigger.event == "contact.updated" ? sets : sends, !namesAnotherChain(trigger) else { continue }
      place.error(
        .badValue, "this chain can enter itself without end: its own steps lead to `\(trigger.event)`",
        hint: "name another chain in `where`, {\"chain\": \"welcome\"}, or say \"reenter\": \"never\"")
    }
  }

  private func namesAnotherChain(_ trigger: Trigger) -> Bool {
    (trigger.match?.fields ?? []).contains { field in
      field.path.parts == ["chain"]
        && field.tests.contains { test in
          guard case .compare(.equal, .literal(.string(let chain))) = test else { return false }
          return chain != references.chainID
        }
    }
  }

  private func unknownChannel(_ name: String, at place: Place) {
    let known = references.channels.keys.sorted()
    place.error(
      .unknownReference,
      "expected one of the channels \(known.map { "`\($0)`" }.joined(separator: ", ")), got \"\(name.prefix(60))\"",
      hint: nearest(to: name, among: known).map { "did you mean `\($0)`?" } ?? "add it to the configuration")
  }

  private func warnOfTypes(_ chain: Chain, _ root: JSONNode) {
    guard let seen = references.eventTypes else { return }
    let known = seen.union(EventType.standard).union(EventType.own)
    for type in chain.startingTypes.union(chain.wakingTypes).sorted() where !known.contains(type) {
      Place(node: root, pointer: "", findings: findings).warning(
        .doubtful, "no event of the type \"\(type)\" has ever come",
        hint: nearest(to: type, among: known.sorted()).map { "did you mean `\($0)`?" })
    }
  }

  private func sub(_ place: Place, _ key: String) -> Place {
    Place(node: place.node[key] ?? place.node, pointer: place.pointer + "/" + key, findings: findings)
  }

  private func node(at pointer: String, in root: JSONNode) -> JSONNode {
    pointer.split(separator: "/").reduce(root) { node, part in
      if let index = Int(part), node.kind == .array {
        let elements = node.elements
        return elements.indices.contains(index) ? elements[index] : node
      }
      return node[String(part)] ?? node
    }
  }
}

extension Chain {
  /// The channels that conditions name.
  fileprivate var namedChannels: [String] {
    var names: [String] = []
    for condition in conditions {
      condition.forEach { part in
        switch part {
        case .consent(let channel), .reachable(let channel): names.append(channel)
        case .all, .any, .not, .contact, .trigger, .latest, .did, .message, .weekday, .localTime: break
        }
      }
    }
    return names
  }
}
