import JSON

/// Reads what lets a contact in.
struct TriggerParser {
  let values: ValueParser

  static let kinds = ["event", "segment", "when", "api", "date", "schedule", "every"]
  static let laterKinds = ["product"]
  private static let common = ["enroll", "share", "id", "note"]

  private static let words = Kinds(
    what: "a trigger", one: "one trigger", example: "{\"event\": \"cart\"}", known: kinds, later: laterKinds,
    common: common + ["where"], several: "`enter` takes a list: [{…}, {…}]", insteadOfLater: "enter by {\"event\": …}")

  func parse(_ place: Place) -> Trigger? {
    guard let kind = Self.words.find(in: place),
      let fields = Fields(place, what: "a trigger", known: Self.known(kind) + Self.common)
    else { return nil }
    for key in ["id", "note"] { _ = fields.string(key) }
    let read = read(kind, fields)
    let enroll = fields["enroll"].flatMap(enrollment)
    if let share = fields["share"], !fields.has("enroll") {
      share.keyError(.unknownKey, "`share` goes with `enroll`: who did it himself sees everything")
    }
    let share = fields["share"].map(names) ?? []
    return read.map { Trigger(kind: $0, enroll: enroll, share: share) }
  }

  private static func known(_ kind: String) -> [String] {
    switch kind {
    case "event": ["event", "where"]
    case "date": ["date", "offset", "at", "once"]
    case "schedule", "every": [kind, "to", "rate"]
    case "segment": ["segment", "on", "existing", "rate"]
    case "when": ["when", "existing", "rate"]
    default: [kind]
    }
  }

  private func read(_ kind: String, _ fields: Fields) -> Trigger.Kind? {
    switch kind {
    case "event": event(fields)
    case "api": api(fields)
    case "date": date(fields)
    case "segment": segment(fields)
    case "when": when(fields)
    default: schedule(kind, fields)
    }
  }

  private func event(_ fields: Fields) -> Trigger.Kind? {
    let type = fields["event"].flatMap(ConditionParser(steps: StepNames(), at: .entry).eventType)
    let match = fields["where"].flatMap(values.match)
    if let type { fields["where"]?.mentionsInKeys(.property(of: type)) }
    return type.map { .event(type: $0, RfmMoves.asked(of: $0, match)) }
  }

  private func api(_ fields: Fields) -> Trigger.Kind? {
    guard let place = fields["api"] else { return nil }
    if place.node.bool != true { place.error(.badValue, "expected true, got \(place.node.described)") }
    return .api
  }

  private func date(_ fields: Fields) -> Trigger.Kind? {
    let path = fields["date"].flatMap(attribute)
    let at = fields.required("at", example: "\"10:00\"")?.clockTime()
    let offset = fields["offset"].map { $0.offset() } ?? Offset(span: Span(), isBefore: false)
    let once = fields.bool("once") ?? false
    guard let path, let at, let offset else { return nil }
    return .date(DateTrigger(path: path, offset: offset, at: at, once: once))
  }

  private func attribute(_ place: Place) -> PropertyPath? {
    guard let path = values.propertyPath(place) else { return nil }
    guard path.parts.count == 1 || path.parts.first != "contact" else {
      place.error(
        .badValue, "expected the name of an attribute, got \"\(path.text)\"",
        hint: "write \"\(path.parts.dropFirst().joined(separator: "."))\": a date is always the contact's")
      return nil
    }
    place.mentions(.attribute, path)
    return path
  }

  private func schedule(_ kind: String, _ fields: Fields) -> Trigger.Kind? {
    let times = fields[kind].flatMap { kind == "schedule" ? once($0) : every($0) }
    let to = fields["to"].flatMap { ConditionParser(steps: StepNames(), at: .entry).parse($0) }
    if !fields.has("to") {
      fields.place.error(
        .missing, "expected `to`, who gets it, which is missing",
        hint: "everybody with an address: {\"reachable\": \"email\"}")
    }
    let rate = rate(fields)
    guard let times, let to else { return nil }
    return .schedule(ScheduleTrigger(times: times, to: to, rate: rate))
  }

  private func rate(_ fields: Fields) -> Rate? {
    fields["rate"].flatMap { $0.parsed("a rate", hint: Rate.hint) { Rate($0) } }
  }

  private enum Side: String {
    case enter, leave
  }

  private func segment(_ fields: Fields) -> Trigger.Kind? {
    let id = fields["segment"]?.segmentID()
    let isLeaving = fields.word("on", of: [Side.enter, .leave]) == .leave
    let existing = existing(fields)
    if isLeaving, let place = fields["existing"] {
      place.keyError(
        .badValue, "`existing` takes those who are members already, and this trigger is about who leaves",
        hint: "leave `existing` out")
    }
    return id.map { .segment(SegmentTrigger(id: $0, isLeaving: isLeaving, existing: existing)) }
  }

  private func when(_ fields: Fields) -> Trigger.Kind? {
    guard let place = fields["when"], let condition = ConditionParser(steps: StepNames(), at: .segment).parse(place)
    else { return nil }
    if condition.isOnlyAbsence {
      place.error(
        .badValue, "`did_not` alone is true of everybody who was never here, from the start",
        hint: "write {\"silence\": \"purchase\", \"for\": \"30d\"}, or add what he did before: {\"all\": […]}")
    }
    let existing = existing(fields)
    return .when(condition, existing: existing)
  }

  private func existing(_ fields: Fields) -> Existing? {
    let takesThem = fields.bool("existing") ?? false
    let rate = rate(fields)
    if let place = fields["rate"], !takesThem {
      place.keyError(
        .badValue, "`rate` spreads those for whom it is true already, and they are not asked for",
        hint: "add \"existing\": true, or leave `rate` out")
    }
    return takesThem ? Existing(rate: rate) : nil
  }

  private func once(_ place: Place) -> ScheduleTrigger.Times? {
    place.parsed("a local time", hint: "the day and the clock time: \"2026-03-08T10:00\"") { LocalTime(text: $0) }
      .map { .once($0) }
  }

  private func every(_ place: Place) -> ScheduleTrigger.Times? {
    let places = place.oneOrMore("day", plural: "days with a clock time")
    let found = places.compactMap { $0.parsed("a day and a clock time", hint: Recurrence.hint) { Recurrence($0) } }
    return found.isEmpty ? nil : .every(found)
  }

  private func enrollment(_ place: Place) -> Enrollment? {
    guard let fields = Fields(place, what: "who is enrolled", known: ["from", "relation"]) else { return nil }
    if let from = fields["from"], fields["relation"] == nil {
      guard let reference = values.reference(from) else { return nil }
      switch reference {
      case .trigger, .contact: return .from(reference)
      case .latest, .data, .flag:
        from.error(.badValue, "expected a path into the trigger or its contact", hint: "write \"trigger.referrer_id\"")
        return nil
      }
    }
    if !fields.has("from", "relation") || (fields["from"] != nil && fields["relation"] != nil) {
      place.error(.badValue, "expected either {\"from\": \"trigger.referrer_id\"} or {\"relation\": \"spouse\"}")
      return nil
    }
    return fields["relation"]?.name("a relation").map { .relation($0) }
  }

  private func names(_ place: Place) -> [String] {
    (place.list(of: "names") ?? []).compactMap { $0.name("a property or a field of the contact") }
  }
}
