import JSON

extension Explainer {
  /// The values that the answer rests on.
  func saw(_ condition: Condition, _ witness: Witness) throws -> JSONObject {
    let view = evaluator.view
    switch condition {
    case .contact(let match): return values(of: match, in: evaluator.contact)
    case .trigger(let match): return values(of: match, in: evaluator.run.trigger.properties)
    case .latest(_, let match): return values(of: match, in: (witness.counted + witness.missed).first?.properties)
    case .did(let did): return saw(did, witness)
    case .message: return ["messages": .array(witness.messages.prefix(Witness.eventsKept).map(state))]
    case .consent(let channel): return ["consent": .bool(try view.consents(to: channel))]
    case .reachable(let channel): return ["reachable": .bool(try view.isReachable(over: channel))]
    case .weekday: return ["day": .string(localDay), "time_zone": .string(view.zone.identifier)]
    case .localTime: return ["time": .string(localTime), "time_zone": .string(view.zone.identifier)]
    case .list(let list): return ["on_list": .bool(try view.isMember(of: list))]
    case .inChain(let chain): return ["inside": .bool(try view.isInside(chain))]
    case .relation(let kind): return ["has": .bool(try view.hasRelation(kind))]
    case .segment(let id): return ["member": .bool(try evaluator.evaluate(.segment(id)).holds)]
    case .silence:
      var saw: JSONObject = ["last": .string((witness.silence?.since ?? view.firstSeenAt).rfc3339)]
      saw["silent_at"] = witness.silence.map { .string($0.until.rfc3339) } ?? .null
      if witness.countedAll == 0 { saw["never"] = .bool(true) }
      return saw
    case .rfm: return ["cell": witness.cell.map { .string($0.text) } ?? .null]
    case .buysAtDiscount: return ["share": witness.measures.last?.value.map { .number($0) } ?? .null]
    case .prefers: return try evaluator.preference().object ?? [:]
    case .affordable:
      func money(_ amount: Double?) -> JSONValue { amount.flatMap { JSONNumber($0) }.map { .number($0) } ?? .null }
      return ["cost": money(witness.cost), "budget": money(witness.limit)]
    case .neverLeft(let step):
      return ["messages": .array(try view.messages().filter { $0.step == step }.map(state))]
    case .all, .any, .not, .ofTrigger: return [:]
    }
  }

  private func values(of match: Match, in value: JSONValue?) -> JSONObject {
    match.fields.reduce(into: [:]) { object, field in
      object[field.path.text] = value.map { field.path.seen(in: $0) } ?? .null
    }
  }

  private func saw(_ did: Did, _ witness: Witness) -> JSONObject {
    var saw = JSONObject()
    let name = did.measure.phrase.isEmpty ? "times" : did.measure.phrase
    saw[name] = witness.measures.last?.value.map { .number($0) } ?? .null
    saw["expected"] = .string(did.tests.phrase)
    if did.measure != .times { saw["events"] = .number(JSONNumber(witness.countedAll)) }
    saw["last"] = witness.counted.first.map { .string($0.at.rfc3339) }
    for same in did.same {
      saw["same " + same.triggerPath.text] = same.triggerPath.seen(in: evaluator.run.trigger.properties)
    }
    if witness.missedAll > 0, let newest = witness.missed.first {
      saw["did_not_fit"] = .number(JSONNumber(witness.missedAll))
      var values = did.match.map { self.values(of: $0, in: newest.properties) } ?? [:]
      for same in did.same { values[same.path.text] = same.path.seen(in: newest.properties) }
      saw["newest_of_them"] = .object(values)
    }
    return saw
  }

  private func state(_ message: MessageState) -> JSONValue {
    var object: JSONObject = ["step": .string(label(message.step))]
    let moments: [(String, Timestamp?)] = [
      ("sent_at", message.sentAt), ("delivered_at", message.deliveredAt), ("opened_at", message.openedAt),
      ("machine_opened_at", message.machineOpenedAt), ("clicked_at", message.clickedAt),
      ("bounced_at", message.bouncedAt), ("answered_at", message.answeredAt),
    ]
    for (name, moment) in moments {
      // What came later was not known then.
      object[name] = moment.flatMap { $0 <= evaluator.now ? .string($0.rfc3339) : nil }
    }
    return .object(object)
  }

  private var localDay: String {
    let date = evaluator.view.zone.local(evaluator.now).date
    return DayRule.names[date.weekday - 1] + " " + date.text
  }

  private var localTime: String {
    ClockTime(minute: evaluator.view.zone.local(evaluator.now).minuteOfDay).text
  }
}

extension PropertyPath {
  /// The value there, or all of them through a list, of many the first.
  func seen(in value: JSONValue) -> JSONValue {
    var found: [JSONValue] = []
    _ = anyValue(in: value) {
      found.append($0)
      return found.count == 5
    }
    return found.count > 1 ? .array(found) : found.first ?? .null
  }
}
