import Domain
import Engine
import Ingest
import JSON

/// Reads what happens in a test and what must come of it. Durations count from the start on the contact's calendar.
struct TestItems {
  let starts: Timestamp
  /// Nil where it could not be read.
  let until: Timestamp?
  let shopZone: Zone
  /// By contact.
  let zones: [String: ContactPatch.Change<Zone>]

  private static let expectedKeys = ["after", "send", "template", "contact", "note"]
  private static let happeningKeys =
    ["after", "before", "type", "contact", "properties"] + Reaction.allCases.map(\.rawValue) + [
      "machine", "enroll", "note",
    ]

  private static let rememberedTypes = Set(
    EventType.own.filter { $0.hasPrefix("message.") || $0.hasPrefix("call.") })

  static func contact(_ place: DocumentNode, _ issues: inout FieldReader) -> ChainTest.TestContact? {
    guard let id = place.node["id"]?.string, EventReader.isIdentifier(id) else {
      let (node, pointer) = place.node.kind == .object ? (place.node["id"] ?? place.node, "/id") : (place.node, "")
      issues.refuse(
        Issue(
          pointer: place.pointer + pointer, at: node.location, code: place.node["id"] == nil ? .missing : .badValue,
          detail: "expected a contact with an `id` of \(EventReader.identifierHint)",
          hint: "{\"id\": \"ann\", \"email\": \"ann@shop.example\"}"))
      return nil
    }
    var patch = ContactPatch()
    do {
      patch = try ContactPatch(place.node, pointer: place.pointer, besides: ["id", "lists", "relations", "note"])
    } catch {
      // He is still known to what follows.
      for issue in error.issues { issues.refuse(issue) }
    }
    var (lists, relations): ([String], [ChainTest.Relation]) = ([], [])
    if place.node.kind == .object {
      var reader = FieldReader(place.node, pointer: place.pointer, known: place.node.members.map(\.key))
      lists = reader.texts("lists", of: "the id of a list").map(\.text)
      relations = self.relations(&reader)
      for issue in reader.issues { issues.refuse(issue) }
    }
    return ChainTest.TestContact(id: id, patch: patch, lists: lists, relations: relations)
  }

  /// `{"spouse": "bob", "referrer": ["cat"]}`
  private static func relations(_ reader: inout FieldReader) -> [ChainTest.Relation] {
    guard let node = reader.field("relations") else { return [] }
    guard node.kind == .object else {
      reader.refuse("relations", .wrongType, "expected an object of contacts by kind, got \(node.kind.phrase)")
      return []
    }
    var kinds = FieldReader(node, pointer: reader.pointer(to: "relations"), known: node.members.map(\.key))
    let relations = node.members.flatMap { member in
      kinds.texts(member.key, of: "the id of a contact").map {
        ChainTest.Relation(kind: member.key, other: $0.text, place: $0.place)
      }
    }
    for issue in kinds.issues { reader.refuse(issue) }
    return relations
  }

  func happening(_ place: DocumentNode, _ issues: inout FieldReader) -> ChainTest.Happening? {
    var reader = FieldReader(place.node, pointer: place.pointer, known: Self.happeningKeys)
    defer { for issue in reader.issues { issues.refuse(issue) } }
    guard place.node.kind == .object else { return nil }
    _ = reader.string("note", maxBytes: 8192)
    let contact = contact(&reader)
    let isPast = place.node["before"] != nil
    let at = isPast ? pastMoment(of: contact, place, &reader) : moment(of: contact, &reader)
    let facts = Reaction.allCases.filter { place.node[$0.rawValue] != nil }
    let names = ["type", "enroll"].filter { place.node[$0] != nil } + facts.map(\.rawValue)
    guard names.count == 1 else {
      let got = names.isEmpty ? "neither" : names.map { "`\($0)`" }.joined(separator: " and ")
      reader.refuse(
        Issue(
          pointer: place.pointer, at: place.node.location, code: names.isEmpty ? .missing : .badValue,
          detail: "expected an event's `type`, a chain to `enroll` into, or what became of a step's message: "
            + Reaction.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ") + "; got \(got)",
          hint: "{\"after\": \"9h\", \"opened\": \"reminder\", \"contact\": \"ann\"}"))
      return nil
    }
    if isPast, names != ["type"] {
      reader.refuse(
        "before", .badValue, "expected `before` beside an event's `type`: the chain has sent nothing by then",
        hint: "{\"before\": \"20d\", \"type\": \"message.opened\", \"contact\": \"ann\"}")
    }
    let deed =
      if let fact = facts.first { self.fact(fact, place, &reader) } else if names == ["enroll"] {
        enrolment(contact, place, &reader)
      } else { event(contact, place, isPast: isPast, &reader) }
    guard reader.issues.isEmpty, let contact, let at, let deed else { return nil }
    return ChainTest.Happening(at: at, contact: contact, deed: deed)
  }

  func expected(_ place: DocumentNode, _ issues: inout FieldReader) -> ChainTest.Expected? {
    var reader = FieldReader(place.node, pointer: place.pointer, known: Self.expectedKeys)
    defer { for issue in reader.issues { issues.refuse(issue) } }
    guard place.node.kind == .object else { return nil }
    _ = reader.string("note", maxBytes: 8192)
    let contact = contact(&reader)
    let at = moment(of: contact, &reader)
    let channel = reader.string("send", required: true)
    let template = reader.string("template", required: true)
    guard reader.issues.isEmpty, let contact, let at, let channel, let template, let node = place.node["template"]
    else { return nil }
    return ChainTest.Expected(
      message: TestMessage(at: at, channel: channel, template: template, contact: contact),
      templatePlace: DocumentPlace(pointer: place.pointer + "/template", location: node.location))
  }

  /// One of the test's own.
  private func contact(_ reader: inout FieldReader) -> String? {
    guard let id = reader.string("contact", required: true) else { return nil }
    guard zones[id] == nil else { return id }
    reader.refuse(
      "contact", .unknownReference, "expected one of the test's `contacts`, got \"\(id.prefix(60))\"",
      hint: nearest(to: id, among: zones.keys.sorted()).map { "did you mean `\($0)`?" })
    return nil
  }

  private func moment(of contact: String?, _ reader: inout FieldReader) -> Timestamp? {
    guard let span = reader.span("after", required: true) else { return nil }
    let moment = span.after(starts, in: zone(of: contact))
    if let until, moment > until {
      reader.refuse(
        "after", .badValue, "expected at most `until`, got \"\(span.text)\"", hint: "let `until` be later")
      return nil
    }
    return moment
  }

  /// So long before the start.
  private func pastMoment(
    of contact: String?, _ place: DocumentNode, _ reader: inout FieldReader
  ) -> Timestamp? {
    if place.node["after"] != nil {
      reader.refuse("before", .badValue, "expected `after` or `before`, got both")
      return nil
    }
    guard let span = reader.span("before", required: true) else { return nil }
    guard !span.isZero, span.approximateMilliseconds <= Span(months: 12 * ChainTests.mostYears).approximateMilliseconds
    else {
      reader.refuse(
        "before", .badValue, "expected more than nothing and at most \(ChainTests.mostYears) years, got \(span.text)")
      return nil
    }
    let zone = zone(of: contact)
    let local = zone.local(starts)
    let date = local.date.adding(months: -span.months).adding(days: -span.days)
    return zone.moment(of: LocalTime(date: date, millisecondOfDay: local.millisecondOfDay)) + -span.milliseconds
  }

  private func zone(of contact: String?) -> Zone {
    if let contact, case .set(let own) = zones[contact] { return own }
    return shopZone
  }

  private func fact(_ fact: Reaction, _ place: DocumentNode, _ reader: inout FieldReader) -> ChainTest.Deed? {
    let isMachine = reader.bool("machine") ?? false
    if isMachine, fact != .opened, fact != .clicked {
      reader.refuse("machine", .badValue, "expected `machine` beside `opened` or `clicked`, got it beside `\(fact)`")
    }
    if place.node["properties"] != nil {
      reader.refuse("properties", .unknownKey, "expected no `properties` beside `\(fact)`: they belong to events")
    }
    guard let step = reader.string(fact.rawValue, required: true), let node = place.node[fact.rawValue] else {
      return nil
    }
    return .fact(
      fact, step: step, isMachine: isMachine,
      place: DocumentPlace(pointer: reader.pointer(to: fact.rawValue), location: node.location))
  }

  /// What the call gives along is read as an event's properties are.
  private func enrolment(
    _ contact: String?, _ place: DocumentNode, _ reader: inout FieldReader
  ) -> ChainTest.Deed? {
    guard let chain = reader.string("enroll", required: true), let node = place.node["enroll"] else { return nil }
    var object: JSONObject = ["type": "enroll", "contact": ["id": .string(contact ?? "unknown")]]
    object["properties"] = place.node["properties"]?.value
    guard read(object, place, &reader) != nil else { return nil }
    return .enroll(
      chain: chain, object["properties"]?.object ?? [:],
      place: DocumentPlace(pointer: reader.pointer(to: "enroll"), location: node.location))
  }

  /// As `POST /v1/events` reads it. What is past may be the server's own about letters and calls, too.
  private func event(
    _ contact: String?, _ place: DocumentNode, isPast: Bool, _ reader: inout FieldReader
  ) -> ChainTest.Deed? {
    if place.node["machine"] != nil {
      reader.refuse("machine", .unknownKey, "expected no `machine` beside `type`: it belongs to `opened` and `clicked`")
    }
    guard let type = place.node["type"] else { return nil }
    var object: JSONObject = ["type": type.value, "contact": ["id": .string(contact ?? "unknown")]]
    object["properties"] = place.node["properties"]?.value
    let own = isPast ? type.string.flatMap { Self.rememberedTypes.contains($0) ? $0 : nil } : nil
    if own != nil { object["type"] = "remembered" }
    guard var event = read(object, place, &reader) else { return nil }
    guard let own else { return .event(event) }
    (event.type, event.keys) = (own, ContactKeys())
    return .ownEvent(event)
  }

  private func read(_ object: JSONObject, _ place: DocumentNode, _ reader: inout FieldReader) -> IncomingEvent? {
    do {
      switch try EventReader().read(JSONValue.object(object).serialized(), .json, now: starts.milliseconds).first {
      case .event(let event): return event
      case .refused(let issues): for issue in issues { reader.refuse(located(issue, place)) }
      case nil: break
      }
    } catch {
      reader.refuse(located(error.issue, place))
    }
    return nil
  }

  /// An issue of the event by itself, where the event stands in the document.
  private func located(_ issue: Issue, _ place: DocumentNode) -> Issue {
    let key = issue.pointer.split(separator: "/").first.map(String.init)
    let location = (key.flatMap { place.node[$0] } ?? place.node).location
    return Issue(
      pointer: place.pointer + issue.pointer, at: location, code: issue.code, detail: issue.detail, hint: issue.hint)
  }
}
