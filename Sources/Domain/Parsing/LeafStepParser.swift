import JSON

/// Reads the steps that hold no other steps.
struct LeafStepParser {
  let names: StepNames
  let purpose: Purpose

  private var values: ValueParser { ValueParser(steps: names) }

  func parse(_ kind: String, _ place: Place) -> Step.Kind? {
    switch kind {
    case "wait": wait(place)
    case "wait_until": waitUntil(place)
    case "send": send(place)
    default:
      Fields(place, what: "a step", known: ["set", "id", "note"])?["set"].map { .set(set($0)) }
    }
  }

  /// Attributes of the contact: his built-in fields are the shop's to change.
  private func set(_ place: Place) -> [Assignment] {
    let assignments = values.assignments(place)
    if place.node.kind == .object, place.node.members.isEmpty {
      place.error(.badValue, "expected at least one name and value, got an empty object")
    }
    for assignment in assignments where ContactFields.builtIn.contains(assignment.name) {
      place.error(
        .badValue, "expected names of attributes, got `\(assignment.name)`, a field that every contact has",
        hint: "PUT /v1/contacts/{id} changes it")
    }
    return assignments
  }

  private func wait(_ place: Place) -> Step.Kind? {
    guard let fields = Fields(place, what: "a step", known: ["wait", "since", "reset_on", "id", "note"]),
      let value = fields["wait"], let (atLeast, atMost) = range(value)
    else { return nil }
    var since = Wait.Since.ownStart
    if let place = fields["since"], let text = place.string("\"enter\" or the id of a step") {
      if text == "enter" {
        since = .entry
      } else if let step = names.indices[text] {
        since = .step(step)
      } else {
        place.error(
          .unknownReference, "expected \"enter\" or the id of a step, got \"\(text.prefix(60))\"",
          hint: nearest(to: text, among: names.indices.keys.sorted()).map { "did you mean `\($0)`?" })
      }
    }
    let resetOn = fields["reset_on"].map(types) ?? []
    return .wait(Wait(atLeast: atLeast, atMost: atMost, since: since, resetOn: Set(resetOn)))
  }

  /// `"24h"` or `"8h..24h"`.
  private func range(_ place: Place) -> (Span, Span?)? {
    guard let text = place.string("a duration or a range") else { return nil }
    let hint = "a duration, \"24h\", or a range, \"8h..24h\""
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
    let places = place.node.kind == .string ? [place] : place.list(of: "event types") ?? []
    return places.compactMap(ConditionParser(steps: names, at: .step).eventType)
  }

  private func waitUntil(_ place: Place) -> Step.Kind? {
    guard let fields = Fields(place, what: "a step", known: ["wait_until", "on", "at", "id", "note"]),
      let value = fields["wait_until"]
    else { return nil }
    if value.node.kind == .string {
      if let at = fields["at"] { at.error(.unknownKey, "`at` goes with a date; a clock time says it itself") }
      guard let clock = clockTime(value) else { return nil }
      let days = fields["on"].map { $0.node.kind == .string ? [$0] : $0.list(of: "days") ?? [] } ?? []
      if let on = fields["on"], days.isEmpty, on.node.kind == .array {
        on.error(.badValue, "expected at least one day, got an empty list")
      }
      return .waitUntil(.clock(clock, on: days.compactMap { $0.parsed("a day", hint: DayRule.hint) { DayRule($0) } }))
    }
    if let on = fields["on"] { on.error(.unknownKey, "`on` goes with a clock time, not with a date") }
    guard let date = Fields(value, what: "a clock time, or {\"date\": …}", known: ["date", "offset"]) else {
      return nil
    }
    guard let reference = date.required("date").flatMap(values.reference),
      let clock = fields.required("at").flatMap(clockTime)
    else { return nil }
    let text = date.string("offset") ?? "0d"
    let before = text.hasPrefix("-")
    guard let offset = Span(before ? String(text.dropFirst()) : text) else {
      date["offset"]?.error(
        .badValue, "expected a duration, got \"\(text.prefix(40))\"", hint: "write \"-3d\" or \"3d\"")
      return nil
    }
    return .waitUntil(.date(reference, offset: offset, before: before, at: clock))
  }

  private func clockTime(_ place: Place) -> ClockTime? {
    place.parsed("a clock time", hint: "\"10:00\"") { ClockTime($0) }
  }

  private func send(_ place: Place) -> Step.Kind? {
    let known = [
      "send", "template", "id", "note", "data", "flags", "only_if", "purpose", "hold", "queue", "deadline",
    ]
    guard let fields = Fields(place, what: "a step", known: known, later: ["winner", "grant", "products"]) else {
      return nil
    }
    if let template = fields["template"], template.node.kind == .array {
      template.error(.notYet, "several templates for one send come later", hint: "name one template")
      return nil
    }
    guard let channel = fields["send"]?.string("the name of a channel"),
      let template = fields.required("template")?.string("the id of a template")
    else { return nil }
    let purpose = fields.word("purpose", of: [Purpose.marketing, .transactional]) ?? self.purpose
    return .send(
      Send(
        channel: channel, template: template, purpose: purpose,
        data: fields["data"].map(values.assignments) ?? [], flags: fields["flags"].map(flags) ?? [],
        onlyIf: fields["only_if"].flatMap { ConditionParser(steps: names, at: .step).parse($0) },
        hold: fields["hold"]?.span(positive: true) ?? Send.defaultHold(for: purpose), queue: fields.string("queue"),
        deadline: fields["deadline"]?.span(positive: true)))
  }

  private func flags(_ place: Place) -> [Send.Flag] {
    guard place.node.kind == .object else {
      place.wrongType(expected: "an object of names and conditions")
      return []
    }
    return place.node.members.compactMap { member in
      let at = Place(
        node: member.value, pointer: place.pointer + "/" + member.key.escapedForPointer, findings: place.findings)
      guard ValueParser.isName(member.key) else {
        at.error(.badValue, "expected a name of letters, digits and `_`, got \"\(member.key.prefix(60))\"")
        return nil
      }
      return ConditionParser(steps: names, at: .step).parse(at).map { Send.Flag(name: member.key, condition: $0) }
    }
  }
}
