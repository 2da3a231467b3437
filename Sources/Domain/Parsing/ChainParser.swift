public import JSON

/// Reads a chain's document: all of its errors at once, and a chain when there are none.
public struct ChainParser {
  public struct Result: Sendable {
    /// Nil when there are errors.
    public let chain: Chain?
    public let errors: [Issue]
    public let warnings: [Issue]
  }

  static let known = [
    "name", "note", "purpose", "enter", "only_if", "per", "reenter", "stop_when", "goal", "late", "hours", "steps",
  ]
  static let later = ["at_end", "holdout", "priority", "topic", "share"]

  private let findings = Findings()
  private let references: References?

  /// Without `references`, what the document names outside itself is not looked for.
  public static func parse(_ document: JSONDocument, references: References? = nil) -> Result {
    parse(document.root, references: references)
  }

  /// The chain may stand anywhere in a document; pointers count from it.
  public static func parse(_ node: JSONNode, references: References? = nil) -> Result {
    let parser = ChainParser(references: references)
    let chain = parser.chain(Place(node: node, pointer: "", findings: parser.findings))
    return Result(
      chain: parser.findings.errors.isEmpty ? chain : nil, errors: parser.findings.errors,
      warnings: parser.findings.warnings)
  }

  private init(references: References?) { self.references = references }

  private func chain(_ place: Place) -> Chain? {
    guard let fields = Fields(place, what: "a chain, an object", known: Self.known, later: Self.later) else {
      return nil
    }
    let purpose = fields.word("purpose", of: [Purpose.marketing, .transactional]) ?? .marketing
    let steps = fields.required("steps")
    let names = steps.map(StepParser.names) ?? StepNames()
    let values = ValueParser(steps: names)
    let triggers = fields.required("enter").map { self.triggers($0, values) } ?? []
    let stopWhen = fields["stop_when"].map { conditions($0, names) } ?? []
    let parser = StepParser(findings: findings, purpose: purpose, names: names, stopWhen: stopWhen)
    var program: [Step] = []
    if let steps {
      if steps.node.kind == .array, steps.node.elements.isEmpty {
        steps.error(.badValue, "expected at least one step, got an empty list")
      }
      var open = parser.steps(steps)
      program = parser.program
      open.close(at: program.count, in: &program)
    }
    let chain = Chain(
      name: fields.string("name"), note: fields.string("note"), purpose: purpose, triggers: triggers,
      onlyIf: fields["only_if"].flatMap { ConditionParser(steps: names, at: .entry).parse($0) },
      per: fields["per"].flatMap(values.propertyPath), reenter: fields["reenter"].flatMap(reenter) ?? .afterExit,
      stopWhen: stopWhen, goal: fields["goal"].flatMap { goal($0, values) }, late: fields["late"].flatMap(late),
      hours: fields["hours"]?.parsed("a span of clock time", hint: ClockSpan.hint) { ClockSpan($0) }, program: program
    ).indexed()
    if let references { ReferenceCheck(references: references, findings: findings).check(chain, place.node) }
    return chain
  }

  private func triggers(_ place: Place, _ values: ValueParser) -> [Trigger] {
    let places = place.node.kind == .array ? place.list(of: "triggers") ?? [] : [place]
    if place.node.kind == .array, places.isEmpty {
      place.error(.badValue, "expected at least one trigger, got an empty list")
    }
    return places.compactMap { trigger($0, values) }
  }

  private func trigger(_ place: Place, _ values: ValueParser) -> Trigger? {
    let later = ["segment", "when", "date", "schedule", "every", "api", "product", "enroll", "existing"]
    if place.node.kind == .object, place.node["event"] == nil,
      let kind = place.node.members.map(\.key).first(where: later.contains)
    {
      place.error(
        .notYet, "the trigger `\(kind)` is part of the language, but this server does not do it yet",
        hint: "enter by {\"event\": …}")
      return nil
    }
    guard let fields = Fields(place, what: "a trigger", known: ["event", "where", "id", "note"], later: later),
      let event = fields.required("event"),
      let type = ConditionParser(steps: StepNames(), at: .entry).eventType(event)
    else { return nil }
    return Trigger(event: type, match: fields["where"].flatMap(values.match))
  }

  private func conditions(_ place: Place, _ names: StepNames) -> [Condition] {
    let places = place.node.kind == .array ? place.list(of: "conditions") ?? [] : [place]
    return places.compactMap { ConditionParser(steps: names, at: .stopWhen).parse($0) }
  }

  private func reenter(_ place: Place) -> Reenter? {
    place.parsed("a rule for coming in again", hint: "never, always, after_exit, restart or \"after 3d\"") { text in
      switch text {
      case "never": .never
      case "always": .always
      case "after_exit": .afterExit
      case "restart": .restart
      default: text.hasPrefix("after ") ? Span(String(text.dropFirst(6))).map { .after($0) } : nil
      }
    }
  }

  private func late(_ place: Place) -> Late? {
    if place.node.kind == .string {
      return place.parsed("what to do when late", hint: "\"send\", \"skip\" or {\"skip_after\": \"2h\"}") {
        $0 == "send" ? .send : $0 == "skip" ? .skip : nil
      }
    }
    return Fields(place, what: "\"send\", \"skip\" or {\"skip_after\": …}", known: ["skip_after"])?
      .required("skip_after")?.span().map { .skipAfter($0) }
  }

  private func goal(_ place: Place, _ values: ValueParser) -> Goal? {
    guard let fields = Fields(place, what: "a goal", known: ["did", "where", "within", "value"]),
      let type = fields.required("did").flatMap(ConditionParser(steps: StepNames(), at: .entry).eventType),
      let within = fields.required("within")?.span(positive: true)
    else { return nil }
    return Goal(
      did: type, match: fields["where"].flatMap(values.match), within: within,
      value: fields["value"].flatMap(values.propertyPath))
  }
}
