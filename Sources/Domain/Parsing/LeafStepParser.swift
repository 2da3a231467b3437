import JSON

/// Reads the steps that hold no other steps.
struct LeafStepParser {
  let names: StepNames
  let purpose: Purpose
  let hasGoal: Bool

  private var values: ValueParser { ValueParser(steps: names) }

  func parse(_ kind: String, _ place: Place) -> Step.Kind? {
    switch kind {
    case "wait": wait(place)
    case "wait_until": waitUntil(place)
    case "send": send(place)
    case "list": list(place)
    case "webhook": webhook(place)
    case "offer": offer(place)
    case "enter":
      Fields(place, what: "a step", known: ["enter", "id", "note"])?["enter"]?.chainID().map { .enter(chain: $0) }
    case "leave":
      Fields(place, what: "a step", known: ["leave", "id", "note"])?["leave"]?.chainID().map { .leave(chain: $0) }
    default:
      Fields(place, what: "a step", known: ["set", "id", "note"])?["set"].map { .set(set($0)) }
    }
  }

  /// Attributes of the contact: his built-in fields are the shop's to change.
  private func set(_ place: Place) -> [Assignment] {
    if place.node.kind == .object, place.node.members.isEmpty {
      place.error(.badValue, "expected at least one name and value, got an empty object")
    }
    for member in place.members where ContactFields.builtIn.contains(member.name) {
      member.keyError(
        .badValue, "expected names of attributes, got `\(member.name)`, a field that every contact has",
        hint: "PUT /v1/contacts/{id} changes it")
    }
    return values.assignments(place)
  }

  private func wait(_ place: Place) -> Step.Kind? {
    guard let fields = Fields(place, what: "a step", known: ["wait", "since", "reset_on", "id", "note"]) else {
      return nil
    }
    let length = fields["wait"].flatMap(range)
    var since = Wait.Since.ownStart
    if let place = fields["since"], let text = place.string("\"enter\" or the id of a step") {
      if text == "enter" {
        since = .entry
      } else if let step = names.indices[text] {
        since = .step(step)
        place.findings.names(step, at: place)
      } else {
        place.error(
          .unknownReference, "expected \"enter\" or the id of a step, got \"\(text.prefix(60))\"",
          hint: nearest(to: text, among: names.indices.keys.sorted()).map { "did you mean `\($0)`?" })
      }
    }
    let resetOn = fields["reset_on"].map(types) ?? []
    return length.map { .wait(Wait(atLeast: $0.0, atMost: $0.1, since: since, resetOn: Set(resetOn))) }
  }

  /// `"24h"` or `"8h..24h"`.
  private func range(_ place: Place) -> (Span, Span?)? {
    let hint = "a duration, a whole number and a unit: \"24h\", or a range: \"8h..24h\""
    guard let text = place.string("a duration or a range", hint: "write \(hint)") else { return nil }
    if let span = Span(text) { return (span, nil) }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, parts[1].isEmpty, let from = Span(parts[0]), let to = Span(parts[2]) else {
      place.error(.badValue, "expected a duration or a range, got \"\(text.prefix(60))\"", hint: "write \(hint)")
      return nil
    }
    guard from.approximateMilliseconds < to.approximateMilliseconds else {
      place.error(.badValue, "the range \"\(text)\" ends before it begins", hint: "write the shorter one first")
      return nil
    }
    return (from, to)
  }

  private func types(_ place: Place) -> [String] {
    place.oneOrMore("event type", plural: "event types").compactMap(ConditionParser(steps: names, at: .step).eventType)
  }

  private func waitUntil(_ place: Place) -> Step.Kind? {
    guard let fields = Fields(place, what: "a step", known: ["wait_until", "on", "at", "id", "note"]),
      let value = fields["wait_until"]
    else { return nil }
    if value.node.kind == .string {
      if let at = fields["at"] { at.keyError(.unknownKey, "`at` goes with a date; a clock time says it itself") }
      let clock = value.clockTime()
      let days = fields["on"].map { $0.days() } ?? []
      return clock.map { .waitUntil(.clock($0, on: days)) }
    }
    if let on = fields["on"] { on.keyError(.unknownKey, "`on` goes with a clock time, not with a date") }
    guard let date = Fields(value, what: "a clock time, or {\"date\": …}", known: ["date", "offset"]) else {
      return nil
    }
    let reference = date.required("date", example: "\"contact.trip\"").flatMap(values.reference)
    let clock = fields.required("at", example: "\"10:00\"")?.clockTime()
    let offset = date["offset"].map { $0.offset() } ?? Offset(span: Span(), isBefore: false)
    guard let reference, let clock, let offset else { return nil }
    return .waitUntil(.date(reference, offset, at: clock))
  }

  /// - Parameter inEscalate: it has `patience` beside it.
  func send(_ place: Place, inEscalate: Bool = false) -> Step.Kind? {
    let known =
      ["send", "template", "winner", "id", "note", "data", "flags", "only_if", "purpose", "hold", "queue", "deadline"]
      + (inEscalate ? ["patience"] : [])
    guard let fields = Fields(place, what: "a send", known: known, later: ["grant", "products"]) else { return nil }
    let flags = fields["flags"].map(self.flags) ?? []
    let data = fields["data"].map(ValueParser(steps: names, flags: flags.map(\.name)).assignments) ?? []
    let purpose = fields.word("purpose", of: [Purpose.marketing, .transactional]) ?? self.purpose
    let templates = fields.required("template", example: "\"cart-1\"").flatMap(templates)
    let winner = fields["winner"].flatMap {
      Self.winner($0, of: place, by: [.opened, .clicked, .goal], hasGoal: hasGoal)
    }
    if let place = fields["winner"], templates?.count == 1 {
      place.error(
        .badValue, "a winner needs at least two templates", hint: "\"template\": [\"subject-a\", \"subject-b\"]")
    }
    let channel = fields.required("send")?.string("the name of a channel")
    let onlyIf = fields["only_if"].flatMap { ConditionParser(steps: names, at: .step).parse($0) }
    let hold = fields["hold"]?.span(positive: true) ?? Send.defaultHold(for: purpose)
    let (queue, deadline) = (fields.string("queue"), fields["deadline"]?.span(positive: true))
    guard let channel, let templates else { return nil }
    return .send(
      Send(
        channel: channel, templates: templates, winner: winner, purpose: purpose, data: data, flags: flags,
        onlyIf: onlyIf, hold: hold, queue: queue, deadline: deadline))
  }

  /// One, or variants of one letter.
  private func templates(_ place: Place) -> [String]? {
    guard place.node.kind == .array else { return place.string("the id of a template").map { [$0] } }
    let places = place.list(of: "templates") ?? []
    if places.count < 2 { place.error(.badValue, "expected at least two templates in a list, got \(places.count)") }
    let ids = places.compactMap { $0.string("the id of a template") }
    for (index, id) in ids.enumerated() where ids[..<index].contains(id) {
      places[index].error(.duplicate, "expected templates that occur once, got \"\(id.prefix(60))\" again")
    }
    return ids.isEmpty ? nil : ids
  }

  /// `{"by": "goal", "after": 1000}`
  /// - Parameter step: the test goes on over edits under its id: its place may be another step's tomorrow.
  static func winner(
    _ place: Place, of step: Place, by measures: [Winner.Measure], hasGoal: Bool
  ) -> Winner? {
    if step.node["id"] == nil {
      step.warning(
        .doubtful, "this test is kept under the step's place, and an edit may put another step there",
        hint: "name the step: \"id\": \"subject-test\"")
    }
    if place.node["by"]?.string == Winner.Measure.goal.rawValue, !hasGoal {
      place.error(
        .missing, "the winner is the variant that reaches the goal most often, and this chain has no `goal`",
        hint: "add \"goal\": {\"did\": \"purchase\", \"within\": \"7d\"}")
    }
    guard let fields = Fields(place, what: "a winner", known: ["by", "after"]) else { return nil }
    _ = fields.required("by")
    let by = fields.word("by", of: measures)
    let after = fields.required("after")?.number(in: 1...1_000_000_000)
    guard let by, let after else { return nil }
    return Winner(by: by, after: after)
  }

  /// `{"list": "remarketing", "add": true}`
  private func list(_ place: Place) -> Step.Kind? {
    guard let fields = Fields(place, what: "a step", known: ["list", "add", "id", "note"]) else { return nil }
    _ = fields.required("add", example: "true")
    let (list, add) = (fields["list"]?.name("a list"), fields.bool("add"))
    guard let list, let add else { return nil }
    return .list(list, add: add)
  }

  /// `{"webhook": "crm", "data": {…}}`
  private func webhook(_ place: Place) -> Step.Kind? {
    guard let fields = Fields(place, what: "a step", known: ["webhook", "data", "id", "note"]) else { return nil }
    let data = fields["data"].map(values.assignments) ?? []
    return fields["webhook"]?.name("a webhook").map { .webhook(WebhookCall(id: $0, data: data)) }
  }

  /// `{"offer": "home-banner", "template": "gift", "for": "3d"}`
  private func offer(_ place: Place) -> Step.Kind? {
    guard let fields = Fields(place, what: "a step", known: ["offer", "template", "for", "id", "note"]) else {
      return nil
    }
    let template = fields.required("template", example: "\"gift\"")?.string("the id of a template")
    let lasts = fields.required("for", example: "\"3d\"")?.span(positive: true)
    let slot = fields["offer"]?.name("a slot")
    guard let slot, let template, let lasts else { return nil }
    return .offer(Offer(slot: slot, template: template, lasts: lasts))
  }

  private func flags(_ place: Place) -> [Send.Flag] {
    guard place.node.kind == .object else {
      place.wrongType(expected: "an object of names and conditions")
      return []
    }
    return place.members.compactMap { member in
      guard ValueParser.hasGoodName(member) else { return nil }
      return ConditionParser(steps: names, at: .step).parse(member).map { Send.Flag(name: member.name, condition: $0) }
    }
  }
}
