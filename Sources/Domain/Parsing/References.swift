import JSON

/// What a chain may name outside itself.
public struct References: Sendable {
  /// Nil asks for no look at them, like every other nil here.
  public var channels: [String: ChannelPolicy]?
  public var templates: Set<String>?
  /// Those among them that are parts of letters and cannot be sent.
  public var partials: Set<String> = []
  /// The chain's own id, where it has one.
  public var chainID: String?
  /// Event types seen so far; nil asks for no warnings about them.
  public var eventTypes: Set<String>?
  /// The ids of chains that there are; nil asks for no look at them.
  public var chains: Set<String>?
  /// The ids of segments; nil asks for no look at them.
  public var segments: Set<String>?
  /// The segment's own id, and for every other the segments that its condition names.
  public var segmentID: String?
  public var segmentUses: [String: Set<String>] = [:]
  /// The ids of webhooks; nil asks for no look at them.
  public var webhooks: Set<String>?
  /// What was seen of late; nil asks for no warnings about properties and attributes.
  public var seen: SeenNames?
  /// How long events are kept.
  public var retention = RetentionPolicy()
  /// Those that all chains share.
  public var caps: [FrequencyCap] = []
  /// When it is published; nil asks for no look at what is past.
  public var time: PublishingTime?

  public init(
    channels: [String: ChannelPolicy]? = nil, templates: Set<String>? = nil, eventTypes: Set<String>? = nil
  ) {
    (self.channels, self.templates, self.eventTypes) = (channels, templates, eventTypes)
  }
}

/// Looks for what the chain names, and for hours that never meet.
struct ReferenceCheck {
  let references: References
  let findings: Findings

  func check(_ chain: Chain, _ root: JSONNode) {
    let flow = Flow(chain)
    OrderCheck(flow: flow, findings: findings, root: root).check()
    for (place, isAwaited) in findings.turned { place.refuseTrueFromTheStart(isAwaited: isAwaited) }
    checkForLoop(chain, root)
    checkForPast(root)
    for step in chain.program {
      let place = Place(node: root.node(at: step.pointer), pointer: step.pointer, findings: findings)
      switch step.kind {
      case .send(let send): check(send, chain, place)
      case .offer(let offer): check(template: offer.template, sub(place, "template"))
      case .webhook(let webhook): check(webhook: webhook.id, sub(place, "webhook"))
      case .wait, .waitUntil, .waitFor, .branch, .choose, .split, .set, .list, .enter, .leave, .exit: break
      }
    }
    for cap in references.caps { check(cap, chain, root) }
    for mention in findings.mentions { check(mention) }
    NameCheck(references: references, findings: findings).check(chain)
    // What lets a run in is there when it begins.
    for (place, type) in findings.latest where !chain.startingTypes.contains(type) { checkLatest(type, at: place) }
    let lookBack = LookBack(flow, references)
    checkWindows(lookBack)
  }

  /// A segment has neither program nor trigger.
  func check(_ segment: Segment) {
    for mention in findings.mentions { check(mention) }
    NameCheck(references: references, findings: findings).check()
    checkWindows(nil)
  }

  private func checkWindows(_ lookBack: LookBack?) {
    for (node, pointer, did) in findings.windows {
      let place = Place(node: node, pointer: pointer, findings: findings)
      switch did.window {
      case .within(let span): check(span, type: did.type, at: place)
      case .ever: check(nil, type: did.type, at: place)
      case .sinceEntry, .sinceStep, .sinceOwnStart: lookBack?.check(did, at: place)
      }
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

  /// Who means the latest does not mean that of years ago.
  private func checkLatest(_ type: String, at place: Place) {
    guard let kept = references.retention.span(ofType: type),
      !references.retention.reaches(Span(months: 12), ofType: type)
    else { return }
    place.warning(
      .doubtful, "the latest event of the type \"\(type)\" is known for \(kept.text): after that there is none",
      hint: "keep them longer: `retention` in the configuration")
  }

  private func check(_ cap: FrequencyCap, _ chain: Chain, _ root: JSONNode) {
    guard let step = CapCheck(chain: chain).firstBeyond(cap) else { return }
    let place = Place(node: root.node(at: step.pointer), pointer: step.pointer, findings: findings)
    place.warning(
      .doubtful,
      "this chain alone can send more over \(cap.channels.joined(separator: " and ")) than the configuration's cap of "
        + "\(cap.limit) per \(cap.per.text) lets through: here it may be one too many",
      hint: "it would wait for a slot, and be dropped after its `hold`: spread the steps, or raise `caps`")
  }

  private func check(_ send: Send, _ chain: Chain, _ place: Place) {
    if let policy = references.channels?[send.channel] {
      if send.purpose == .marketing, !AllowedHours([policy.hours, chain.hours]).everMeet {
        place.error(
          .badValue,
          "the channel's hours \(policy.hours?.text ?? "") and the chain's \(chain.hours?.text ?? "") never meet",
          hint: "the chain's `hours` only narrow the channel's")
      }
    } else {
      checkChannel(send.channel, at: sub(place, "send"))
    }
    let template = sub(place, "template")
    for (index, id) in send.templates.enumerated() {
      check(
        template: id, template.node.kind == .array ? template.element(index, template.node.elements[index]) : template)
    }
  }

  private func check(template: String, _ place: Place) {
    if references.partials.contains(template) {
      place.error(
        .badValue, "\"\(template)\" is a part of other templates and cannot be sent",
        hint: "name a template that includes it")
    } else if let templates = references.templates, !templates.contains(template) {
      place.error(
        .unknownReference, "expected the id of a template, got \"\(template.prefix(60))\", which does not exist",
        hint: nearest(to: template, among: templates.sorted()).map { "did you mean `\($0)`?" }
          ?? "save it first: PUT /v1/templates/\(template.prefix(60))")
    }
  }

  /// What the chain does comes back as events: one that enters on them would go on without end.
  private func checkForLoop(_ chain: Chain, _ root: JSONNode) {
    guard chain.reenter != .never else { return }
    let place = Place(node: root["enter"] ?? root, pointer: "/enter", findings: findings)
    for step in chain.program {
      guard case .enter(let id) = step.kind, id == references.chainID else { continue }
      Place(node: root.node(at: step.pointer), pointer: step.pointer, findings: findings).error(
        .badValue, "this chain can enter itself without end: this step leads back to it",
        hint: "say \"reenter\": \"never\", or leave the step out")
    }
    let loop = LoopCheck(chain: chain, references: references)
    for trigger in chain.triggers where loop.leadsBack(to: trigger) {
      place.error(
        .badValue, "this chain can enter itself without end: its own steps lead to `\(trigger.event ?? "")`",
        hint: "name another chain in `where`, {\"chain\": \"welcome\"}, or say \"reenter\": \"never\"")
    }
  }

  private func check(chain id: String, _ place: Place) {
    guard let chains = references.chains, id != references.chainID, !chains.contains(id) else { return }
    place.error(
      .unknownReference, "expected the id of a chain, got \"\(id.prefix(60))\", which does not exist",
      hint: nearest(to: id, among: chains.sorted()).map { "did you mean `\($0)`?" }
        ?? "save it first: PUT /v1/chains/\(id.prefix(60))")
  }

  private func check(segment id: String, _ place: Place) {
    if id == references.segmentID || leads(from: id, to: references.segmentID) {
      return place.error(
        .badValue, "the segment \"\(id.prefix(60))\" asks for this one: neither could ever be known",
        hint: "write its condition here instead of its id")
    }
    guard let segments = references.segments, !segments.contains(id) else { return }
    place.error(
      .unknownReference, "expected the id of a segment, got \"\(id.prefix(60))\", which does not exist",
      hint: nearest(to: id, among: segments.sorted()).map { "did you mean `\($0)`?" }
        ?? "save it first: PUT /v1/segments/\(id.prefix(60))")
  }

  /// Whether a segment's condition names the other, straight or through others.
  private func leads(from id: String, to other: String?) -> Bool {
    guard let other else { return false }
    return Segment.reached(from: references.segmentUses[id] ?? [], by: references.segmentUses).contains(other)
  }

  private func check(webhook id: String, _ place: Place) {
    guard let webhooks = references.webhooks, !webhooks.contains(id) else { return }
    place.error(
      .unknownReference, "expected the id of a webhook, got \"\(id.prefix(60))\", which does not exist",
      hint: nearest(to: id, among: webhooks.sorted()).map { "did you mean `\($0)`?" }
        ?? "save it first: PUT /v1/webhooks/\(id.prefix(60))")
  }

  private func checkChannel(_ name: String, at place: Place) {
    guard let channels = references.channels, channels[name] == nil else { return }
    let known = channels.keys.sorted()
    place.error(
      .unknownReference,
      "expected one of the channels \(known.map { "`\($0)`" }.joined(separator: ", ")), got \"\(name.prefix(60))\"",
      hint: nearest(to: name, among: known).map { "did you mean `\($0)`?" } ?? "add it to the configuration")
  }

  private func check(_ mention: Mention) {
    let place = mention.place(findings)
    switch mention.what {
    case .channel: checkChannel(mention.name, at: place)
    case .chain: check(chain: mention.name, place)
    case .segment: check(segment: mention.name, place)
    case .eventType, .property, .triggerProperty, .attribute: break
    }
  }

  private func sub(_ place: Place, _ key: String) -> Place {
    Place(node: place.node[key] ?? place.node, pointer: place.pointer + "/" + key, findings: findings)
  }
}
