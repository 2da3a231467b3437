import JSON

/// Where a condition stands decides how far back `did` looks when it does not say.
enum ConditionPlace {
  /// A chain's `only_if`: all the past.
  case entry
  case stopWhen
  /// `if`, a step's `only_if`, `flags`: since entry.
  case step
  /// Since its own start.
  case waitFor
  /// A segment's, or a trigger's `when`: there is no run. All the past.
  case segment

  var window: Did.Window {
    switch self {
    case .entry, .segment: .ever
    case .stopWhen, .step: .sinceEntry
    case .waitFor: .sinceOwnStart
    }
  }
}

/// Reads the one condition language.
struct ConditionParser {
  let steps: StepNames
  let at: ConditionPlace
  var values: ValueParser { ValueParser(steps: steps, hasRun: at != .segment) }

  static let kinds = [
    "all", "any", "not", "contact", "trigger", "latest", "did", "did_not", "opened", "unopened", "clicked",
    "delivered", "bounced", "answered", "consent", "reachable", "weekday", "local_time", "list", "in_chain",
    "relation", "of", "segment", "silence", "rfm", "buys_at_discount", "prefers",
  ]
  static let laterKinds = [
    "ltv", "points", "coupon", "topic", "survey",
  ]
  static let maxDepth = 32

  private static let words = Kinds(
    what: "a condition", one: "one condition", example: "{\"did\": \"purchase\"}", known: kinds, later: laterKinds,
    common: ["where", "same", "within", "since", "for", "longer_than"] + measures,
    several: "join them: {\"all\": [{…}, {…}]}",
    insteadOfLater: "leave it out")

  init(steps: StepNames, at: ConditionPlace) { (self.steps, self.at) = (steps, at) }

  func parse(_ place: Place, depth: Int = 0) -> Condition? {
    guard depth < Self.maxDepth else {
      place.error(.badValue, "expected conditions nested at most \(Self.maxDepth) deep")
      return nil
    }
    guard let kind = Self.words.find(in: place), let value = place.child(kind) else { return nil }
    return condition(kind, value, in: place, depth: depth)
  }

  private func condition(_ kind: String, _ value: Place, in place: Place, depth: Int) -> Condition? {
    func alone() { _ = Fields(place, what: "a condition", known: [kind]) }
    if at == .segment, Self.ofRuns.contains(kind) { refuseWithoutRun(kind, value) }
    switch kind {
    case "all", "any":
      alone()
      guard let inner = list(value, depth: depth) else { return nil }
      return kind == "all" ? .all(inner) : .any(inner)
    case "not":
      alone()
      guard let inner = parse(value, depth: depth + 1) else { return nil }
      if case .did(let did) = inner, !did.negated, value.node["within"] == nil, value.node["since"] == nil {
        refuseTrueFromTheStart(place)
      } else {
        findTurned(in: value)
      }
      return .not(inner)
    case "contact":
      alone()
      value.mentionsInKeys(.attribute)
      return values.match(value).map { .contact($0) }
    case "trigger":
      alone()
      value.mentionsInKeys(.triggerProperty)
      return values.match(value).map { .trigger($0) }
    case "latest": return latest(value, in: place)
    case "did", "did_not": return did(kind, value, in: place)
    case "consent", "reachable":
      alone()
      guard let channel = value.string("the name of a channel") else { return nil }
      value.mentions(.channel, channel)
      return kind == "consent" ? .consent(channel: channel) : .reachable(channel: channel)
    case "weekday":
      alone()
      let rules = value.days()
      return rules.isEmpty ? nil : .weekday(rules)
    case "local_time":
      alone()
      return value.parsed("a span of clock time", hint: ClockSpan.hint) { ClockSpan($0) }.map { .localTime($0) }
    case "list":
      alone()
      return value.name("a list").map { .list($0) }
    case "in_chain":
      alone()
      return value.chainID().map { .inChain($0) }
    case "relation":
      alone()
      return value.name("a relation").map { .relation($0) }
    case "of": return ofTrigger(value, in: place, depth: depth)
    case "segment":
      alone()
      return value.segmentID().map { .segment($0) }
    case "silence": return silence(value, in: place)
    case "rfm", "buys_at_discount", "prefers":
      alone()
      return buying(kind, value)
    default:
      alone()
      return MessageFact(rawValue: kind).flatMap { fact in choice(value).map { .message(fact, of: $0) } }
    }
  }

  /// `{"of": "trigger", "is": …}`
  private func ofTrigger(_ value: Place, in place: Place, depth: Int) -> Condition? {
    guard let fields = Fields(place, what: "a condition", known: ["of", "is"]) else { return nil }
    if at == .waitFor || at == .stopWhen {
      place.error(
        .badValue, "what another person does wakes nobody: `of` cannot be waited for",
        hint: "ask it in an `if` after a `wait`, or in the chain's `only_if`")
    }
    if let text = value.string("\"trigger\""), text != "trigger" {
      value.error(.badValue, "expected \"trigger\", got \"\(text.prefix(60))\"")
    }
    return fields.required("is").flatMap { parse($0, depth: depth + 1) }.map { .ofTrigger($0) }
  }

  /// An empty list would match everybody or nobody by accident.
  private func list(_ place: Place, depth: Int) -> [Condition]? {
    guard let places = place.list(of: "conditions") else { return nil }
    guard !places.isEmpty else {
      place.error(.badValue, "expected at least one condition, got an empty list")
      return nil
    }
    return places.compactMap { parse($0, depth: depth + 1) }
  }

  private func latest(_ value: Place, in place: Place) -> Condition? {
    guard let fields = Fields(place, what: "a condition", known: ["latest", "where"]) else { return nil }
    let type = eventType(value)
    let match = fields.required("where", example: "{\"total\": {\">\": 10000}}").flatMap(values.match)
    guard let type, let match else { return nil }
    fields["where"]?.mentionsInKeys(.property(of: type))
    place.findings.asksLatest(type, at: value)
    return .latest(type: type, match)
  }

  private func choice(_ place: Place) -> MessageChoice? {
    guard let text = place.string("the id of a send, \"last\" or \"any\"") else { return nil }
    if text == "last" { return .last }
    if text == "any" { return .any }
    return step(place, text, sendsOnly: true).map { .step($0) }
  }

  private func step(_ place: Place, _ id: String, sendsOnly: Bool) -> Int? {
    let known = steps.indices.filter { !sendsOnly || steps.sends.contains($0.value) }
    if let index = known[id] {
      place.findings.names(index, at: place)
      return index
    }
    place.error(
      .unknownReference, "expected the id of a \(sendsOnly ? "send" : "step") of this chain, got \"\(id.prefix(60))\"",
      hint: nearest(to: id, among: known.keys.sorted()).map { "did you mean `\($0)`?" })
    return nil
  }
}

extension ConditionParser {
  private static let measures = ["times", "distinct", "sum", "avg", "min", "max"]

  private func did(_ kind: String, _ value: Place, in place: Place) -> Condition? {
    let known = [kind, "where", "same", "within", "since"] + (kind == "did" ? Self.measures : [])
    guard let fields = Fields(place, what: "a condition", known: known) else { return nil }
    let type = eventType(value)
    let window = window(fields, kind: kind, in: place)
    let read = measure(fields, in: place)
    let match = fields["where"].flatMap(values.match)
    let same = fields["same"].map(self.same) ?? []
    if at == .segment, let place = fields["same"] { refuseWithoutRun("same", place) }
    guard let type else { return nil }
    mention(fields, of: type)
    guard let window, let (measure, tests) = read else { return nil }
    let did = Did(
      type: type, negated: kind == "did_not", match: match, same: same, measure: measure, tests: tests, window: window)
    place.findings.looksBack(did, at: fields["within"] ?? fields["since"] ?? place)
    return .did(did)
  }

  /// The properties of events of this type that are asked about.
  private func mention(_ fields: Fields, of type: String) {
    for key in ["where", "sum", "avg", "min", "max"] { fields[key]?.mentionsInKeys(.property(of: type)) }
    if let distinct = fields["distinct"], let path = distinct.node.string.flatMap(PropertyPath.init) {
      distinct.mentions(.property(of: type), path)
    }
    guard let same = fields["same"] else { return }
    for place in same.node.kind == .array ? same.list(of: "") ?? [] : [same] {
      place.mentionsInKeys(.property(of: type))
      for path in place.node.kind == .object ? place.members : [place] {
        guard let parsed = path.node.string.flatMap(PropertyPath.init) else { continue }
        path.mentions(.triggerProperty, parsed)
        if place.node.kind == .string { path.mentions(.property(of: type), parsed) }
      }
    }
  }

  func eventType(_ place: Place) -> String? {
    let type = place.parsed(
      "an event type", hint: "up to 64 letters, digits, `.`, `_` and `-`, beginning with a letter"
    ) {
      EventType.isValid($0) ? $0 : nil
    }
    if let type { place.mentions(.eventType, type) }
    return type
  }

  private func window(_ fields: Fields, kind: String, in place: Place) -> Did.Window? {
    if let since = fields["since"] {
      if fields["within"] != nil {
        place.error(.badValue, "expected `within` or `since`, got both")
        return nil
      }
      if at == .segment {
        refuseWithoutRun("since", since)
        return nil
      }
      guard let id = since.string("\"enter\" or the id of a step") else { return nil }
      return id == "enter" ? .sinceEntry : step(since, id, sendsOnly: false).map { .sinceStep($0) }
    }
    if let within = fields["within"] {
      if within.node.string == "ever" { return .ever }
      return within.span(positive: true).map { .within($0) }
    }
    if kind == "did_not", at == .waitFor || at == .stopWhen {
      refuseTrueFromTheStart(place)
      return nil
    }
    if fields["times"] != nil || Self.measures.contains(where: { fields[$0] != nil }), at == .stopWhen || at == .step {
      place.error(
        .missing, "counting needs `within` or `since` here", hint: "add \"since\": \"enter\" or \"within\": \"30d\"")
      return nil
    }
    return at.window
  }

  private func refuseTrueFromTheStart(_ place: Place) {
    if at == .waitFor || at == .stopWhen { place.refuseTrueFromTheStart(isAwaited: at == .waitFor) }
  }

  /// Joined or alone, what a `not` turns is a `did_not`. What was published so must still be read: only a publish refuses.
  private func findTurned(in place: Place) {
    guard at == .waitFor || at == .stopWhen else { return }
    for word in ["all", "any"] {
      guard let joined = place.child(word), joined.node.kind == .array else { continue }
      for place in joined.list(of: "conditions") ?? [] {
        if place.node["did"] != nil, place.node["within"] == nil, place.node["since"] == nil {
          place.findings.turns(place, isAwaited: at == .waitFor)
        }
        findTurned(in: place)
      }
    }
  }

  /// How often, unless it says otherwise: at least once.
  private func measure(_ fields: Fields, in place: Place) -> (Did.Measure, [NumberTest])? {
    let named = Self.measures.filter { fields[$0] != nil }
    guard let name = named.first, let value = fields[name] else { return (.times, NumberTest.atLeastOnce) }
    if named.count > 1, named != ["times", "distinct"] {
      place.error(
        .badValue, "expected one of \(Kinds.quoted(Self.measures)), got several: \(Kinds.quoted(named, " and "))",
        hint: "join them: {\"all\": [{…}, {…}]}")
      return nil
    }
    if let distinct = fields["distinct"] {
      let path = values.propertyPath(distinct)
      let tests = fields["times"].map(values.numberTests) ?? NumberTest.atLeastOnce
      guard let path, let tests else { return nil }
      return (.distinct(path), tests)
    }
    if name == "times" { return values.numberTests(value).map { (.times, $0) } }
    return aggregate(name, value)
  }

  /// `{"sum": {"total": {">=": 5000}}}`
  private func aggregate(_ name: String, _ place: Place) -> (Did.Measure, [NumberTest])? {
    let (expected, hint) = ("one property and its comparison", "write {\"total\": {\">=\": 5000}}")
    guard place.node.kind == .object else {
      place.wrongType(expected: expected, hint: hint)
      return nil
    }
    guard place.node.count == 1, let member = place.members.first else {
      place.error(.badValue, "expected \(expected), got \(place.node.count)", hint: hint)
      return nil
    }
    let path = values.pathInKey(of: member)
    let tests = values.numberTests(member)
    guard let path, let tests else { return nil }
    switch name {
    case "sum": return (.sum(path), tests)
    case "avg": return (.average(path), tests)
    case "min": return (.minimum(path), tests)
    default: return (.maximum(path), tests)
    }
  }

  /// `"cart_id"`, a list of such, or `{"items.sku": "sku"}` for different names.
  private func same(_ place: Place) -> [Did.Same] {
    switch place.node.kind {
    case .string:
      return values.propertyPath(place).map { [Did.Same(path: $0, triggerPath: $0)] } ?? []
    case .array:
      return place.oneOrMore("property path", plural: "property paths").flatMap(same)
    case .object:
      if place.node.count == 0 { place.error(.badValue, "expected at least one property path, got an empty object") }
      return place.members.compactMap { member in
        guard let path = values.pathInKey(of: member), let trigger = values.propertyPath(member) else {
          return nil
        }
        return Did.Same(path: path, triggerPath: trigger)
      }
    case .null, .bool, .number:
      place.wrongType(expected: "a property path, or an object of two paths")
      return []
    }
  }
}

extension Place {
  func refuseTrueFromTheStart(isAwaited: Bool) {
    error(
      .missing, "`did_not` here needs `within` or `since`: without one it is true from the start",
      hint: isAwaited ? "wait for {\"did\": …} and use `else`" : "use `wait_for` with {\"did\": …} and `else`")
  }
}
