import JSON

/// What a chain may name outside itself.
public struct References: Sendable {
  public var channels: [String: ChannelPolicy]
  public var templates: Set<String>
  /// Event types seen so far; nil asks for no warnings about them.
  public var eventTypes: Set<String>?

  public init(channels: [String: ChannelPolicy], templates: Set<String>, eventTypes: Set<String>? = nil) {
    (self.channels, self.templates, self.eventTypes) = (channels, templates, eventTypes)
  }
}

/// Looks for what the chain names, and for hours that never meet.
struct ReferenceCheck {
  let references: References
  let findings: Findings

  func check(_ chain: Chain, _ root: JSONNode) {
    for step in chain.program {
      guard case .send(let send) = step.kind else { continue }
      let place = Place(node: node(at: step.pointer, in: root), pointer: step.pointer, findings: findings)
      check(send, chain, place)
    }
    for channel in chain.namedChannels where references.channels[channel] == nil {
      unknownChannel(channel, at: Place(node: root, pointer: "", findings: findings))
    }
    warnOfTypes(chain, root)
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
    if !references.templates.contains(send.template) {
      sub(place, "template").error(
        .unknownReference, "expected the id of a template, got \"\(send.template.prefix(60))\", which does not exist",
        hint: nearest(to: send.template, among: references.templates.sorted()).map { "did you mean `\($0)`?" }
          ?? "save it first: PUT /v1/templates/\(send.template.prefix(60))")
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
