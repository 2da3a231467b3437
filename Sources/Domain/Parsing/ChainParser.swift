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
    "name", "note", "purpose", "enter", "only_if", "per", "reenter", "stop_when", "at_end", "goal", "holdout",
    "priority", "late", "hours", "steps",
    // Where an editor finds the schema.
    "$schema",
  ]
  static let later = ["topic"]

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
    _ = fields.string("$schema")
    let purpose = fields.word("purpose", of: [Purpose.marketing, .transactional]) ?? .marketing
    let steps = fields.required(
      "steps", example: "[{\"wait\": \"1h\"}, {\"send\": \"email\", \"template\": \"cart-1\"}]")
    let names = StepNames(of: [steps, fields["at_end"]].compactMap { $0 })
    let values = ValueParser(steps: names)
    let triggers =
      fields.required("enter", example: "{\"event\": \"cart\"}").map {
        self.triggers($0, TriggerParser(values: values))
      } ?? []
    let stopWhen = fields["stop_when"].map { conditions($0, names) } ?? []
    let goal = fields["goal"].flatMap { self.goal($0, values) }
    let parser = StepParser(findings: findings, purpose: purpose, names: names, stopWhen: stopWhen, goal: goal)
    if let steps {
      if steps.node.kind == .array, steps.node.elements.isEmpty {
        steps.error(.badValue, "expected at least one step, got an empty list")
      }
      parser.parse(steps)
    }
    let end = parser.program.count
    if let atEnd = fields["at_end"] { parser.parse(atEnd: atEnd) }
    let chain = Chain(
      name: fields.string("name"), note: fields.string("note"), purpose: purpose, triggers: triggers,
      onlyIf: fields["only_if"].flatMap { ConditionParser(steps: names, at: .entry).parse($0) },
      per: fields["per"].flatMap(values.propertyPath), reenter: fields["reenter"].flatMap(reenter) ?? .afterExit,
      stopWhen: stopWhen, goal: goal, holdout: fields["holdout"].flatMap(share) ?? 0,
      priority: fields["priority"]?.number(in: 0...100) ?? Chain.defaultPriority, late: fields["late"].flatMap(late),
      hours: fields["hours"]?.parsed("a span of clock time", hint: ClockSpan.hint) { ClockSpan($0) },
      program: parser.program, end: end
    ).indexed()
    if let per = chain.per { fields["per"]?.mentions(.triggerProperty, per) }
    ReentryCheck(chain: chain).warn(at: fields["reenter"] ?? place)
    if let references { ReferenceCheck(references: references, findings: findings).check(chain, place.node) }
    return chain
  }

  private func triggers(_ place: Place, _ parser: TriggerParser) -> [Trigger] {
    place.oneOrMore("trigger", plural: "triggers").compactMap(parser.parse)
  }

  /// `"10%"`, in ten-thousandths.
  private func share(_ place: Place) -> Int? {
    place.parsed("a share", hint: "per cent with at most two decimals: \"10%\", \"0.5%\"") {
      Percent($0)?.tenThousandths
    }
  }

  private func conditions(_ place: Place, _ names: StepNames) -> [Condition] {
    let places = place.node.kind == .array ? place.list(of: "conditions") ?? [] : [place]
    return places.compactMap { ConditionParser(steps: names, at: .stopWhen).parse($0) }
  }

  private func reenter(_ place: Place) -> Reenter? {
    let words = ["never", "always", "after_exit", "restart"]
    let hint = "never, always, after_exit, restart or \"after 3d\""
    return place.parsed(
      "a rule for coming in again", hint: hint, meant: { nearest(to: $0, among: words) }
    ) { text in
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
      let hint = "\"send\", \"skip\" or {\"skip_after\": \"2h\"}"
      return place.parsed(
        "what to do when late", hint: hint, meant: { nearest(to: $0, among: ["send", "skip"]) }
      ) {
        $0 == "send" ? .send : $0 == "skip" ? .skip : nil
      }
    }
    return Fields(place, what: "\"send\", \"skip\" or {\"skip_after\": …}", known: ["skip_after"])?
      .required("skip_after")?.span().map { .skipAfter($0) }
  }

  private func goal(_ place: Place, _ values: ValueParser) -> Goal? {
    guard let fields = Fields(place, what: "a goal", known: ["did", "where", "within", "value"]) else { return nil }
    let type = fields.required("did", example: "\"purchase\"")
      .flatMap(ConditionParser(steps: StepNames(), at: .entry).eventType)
    let within = fields.required("within", example: "\"7d\"")?.span(positive: true)
    let match = fields["where"].flatMap(values.match)
    let value = fields["value"].flatMap(values.propertyPath)
    guard let type, let within else { return nil }
    fields["where"]?.mentionsInKeys(.property(of: type))
    if let value { fields["value"]?.mentions(.property(of: type), value) }
    return Goal(did: type, match: match, within: within, value: value)
  }
}
