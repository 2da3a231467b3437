import JSON

/// Lays the nested steps of a document out as a program. Two passes: the first gives every step its index and learns
/// the ids, so that the second can resolve what conditions name.
final class StepParser {
  private let findings: Findings
  private let purpose: Purpose
  private let stopWhen: [Condition]
  private var names: StepNames
  private(set) var program: [Step] = []

  static let maxSteps = 1000
  static let maxDepth = 32
  static let kinds = ["wait", "wait_until", "wait_for", "send", "if", "set", "exit"]
  static let laterKinds = [
    "choose", "split", "escalate", "list", "webhook", "offer", "enter", "leave", "grant", "restart",
  ]

  init(findings: Findings, purpose: Purpose, names: StepNames, stopWhen: [Condition]) {
    (self.findings, self.purpose, self.names, self.stopWhen) = (findings, purpose, names, stopWhen)
  }

  /// Learns the ids and which of them are sends. The order is that of `steps(_:then:)`.
  static func names(of place: Place) -> StepNames {
    var names = StepNames()
    var index = 0
    func visit(_ place: Place, depth: Int) {
      guard place.node.kind == .array, depth < maxDepth else { return }
      for (offset, node) in place.node.elements.enumerated() where index < maxSteps {
        let step = place.element(offset, node)
        if let id = node["id"]?.string { learn(id, step) }
        if node["send"] != nil { names.sends.insert(index) }
        index += 1
        for branch in ["then", "else"] {
          guard let inner = node[branch] else { continue }
          visit(Place(node: inner, pointer: step.pointer + "/" + branch, findings: place.findings), depth: depth + 1)
        }
      }
    }
    func learn(_ id: String, _ step: Place) {
      guard let node = step.node["id"] else { return }
      let at = Place(node: node, pointer: step.pointer + "/id", findings: step.findings)
      if names.indices[id] != nil {
        at.error(.duplicate, "expected ids that occur once, got \"\(id.prefix(60))\" again")
      } else if ["last", "any", "enter"].contains(id) || !isID(id) {
        at.error(
          .badValue, "expected an id of letters, digits, `_` and `-`, got \"\(id.prefix(60))\"",
          hint: "`last`, `any` and `enter` have meanings of their own")
      }
      names.indices[id] = index
    }
    visit(place, depth: 0)
    return names
  }

  private static func isID(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || [45, 95].contains($0)
      }
  }

  /// Appends the steps of one list; after the last a run goes on at whatever follows the list, which the caller says
  /// afterwards through the returned open ends.
  func steps(_ place: Place, depth: Int = 0) -> OpenEnds {
    guard let places = place.list(of: "steps") else { return OpenEnds() }
    guard depth < Self.maxDepth else {
      place.error(.badValue, "expected steps nested at most \(Self.maxDepth) deep")
      return OpenEnds()
    }
    var open = OpenEnds()
    var ended = false
    for place in places {
      guard program.count < Self.maxSteps else {
        place.error(.tooLarge, "expected at most \(Self.maxSteps) steps in a chain")
        return open
      }
      if ended {
        place.error(.unreachable, "no run reaches this step: the one before it always ends the run")
        ended = false
      }
      open.close(at: program.count, in: &program)
      (open, ended) = step(place, depth: depth)
    }
    return open
  }

  private func step(_ place: Place, depth: Int) -> (OpenEnds, ended: Bool) {
    let index = program.count
    let note = place.node["note"]?.string
    if let node = place.node["note"], note == nil {
      Place(node: node, pointer: place.pointer + "/note", findings: findings).wrongType(expected: "a text")
    }
    program.append(
      Step(
        index: index, pointer: place.pointer, id: place.node["id"]?.string, note: note, kind: .set([]), next: index + 1)
    )
    let alone = OpenEnds([OpenEnd(step: index, exit: .next)])
    guard place.node.kind == .object else {
      place.wrongType(expected: "a step, an object such as {\"wait\": \"24h\"}")
      return (alone, false)
    }
    let keys = place.node.members.map(\.key)
    let kinds = keys.filter(Self.kinds.contains)
    if let later = keys.first(where: Self.laterKinds.contains), kinds.isEmpty || later == "split" {
      place.error(
        .notYet, "the step `\(later)` is part of the language, but this server does not do it yet", hint: "leave it out"
      )
      return (alone, false)
    }
    guard kinds.count == 1, let kind = kinds.first else {
      reportKind(place, keys: keys, kinds: kinds)
      return (alone, false)
    }
    switch kind {
    case "if", "wait_for": return branching(kind, place, index: index, depth: depth)
    case "exit":
      let reason = exitReason(place)
      program[index].kind = .exit(reason: reason)
      return (OpenEnds(), true)
    default:
      if let kind = LeafStepParser(names: names, purpose: purpose).parse(kind, place) { program[index].kind = kind }
      return (alone, false)
    }
  }

  /// Figures have words of their own for how a run goes.
  private static let takenReasons = [
    "entered", "goal", "goal_value", "stopped", "archived", "restarted", "history_gone", "error", "no_date",
  ]

  private func exitReason(_ place: Place) -> String {
    guard let fields = Fields(place, what: "a step", known: ["exit", "id", "note"]),
      let reason = fields.string("exit"), let at = fields["exit"]
    else { return "exit" }
    if reason.isEmpty || reason.utf8.count > 64 {
      at.error(.badValue, "expected 1 to 64 bytes of text, got \(reason.utf8.count)")
    } else if Self.takenReasons.contains(reason) {
      at.error(
        .badValue, "expected a reason of your own, got \"\(reason)\", which figures use", hint: "choose another word")
    }
    return reason
  }

  private func reportKind(_ place: Place, keys: [String], kinds: [String]) {
    if kinds.count > 1 {
      place.error(
        .badValue, "expected one step, got \(kinds.map { "`\($0)`" }.joined(separator: " and "))",
        hint: "make them two steps, in the order they should happen")
      return
    }
    let got = keys.isEmpty ? "an empty object" : keys.map { "`\($0.prefix(40))`" }.joined(separator: ", ")
    place.error(
      keys.isEmpty ? .badValue : .unknownKey,
      "expected a step, one of \(Self.kinds.map { "`\($0)`" }.joined(separator: ", ")), got \(got)",
      hint: keys.lazy.compactMap { nearest(to: $0, among: Self.kinds) }.first.map { "did you mean `\($0)`?" })
  }

  private func branching(_ kind: String, _ place: Place, index: Int, depth: Int) -> (OpenEnds, ended: Bool) {
    let known =
      kind == "if" ? ["if", "then", "else", "id", "note"] : ["wait_for", "at_most", "then", "else", "id", "note"]
    guard let fields = Fields(place, what: "a step", known: known), let test = fields[kind] else {
      return (OpenEnds([OpenEnd(step: index, exit: .next)]), false)
    }
    let condition = ConditionParser(steps: names, at: kind == "if" ? .step : .waitFor).parse(test)
    let atMost = kind == "wait_for" ? fields.required("at_most")?.span(positive: true) : nil
    if fields["then"] == nil, fields["else"] == nil, kind == "if" {
      place.error(.missing, "expected `then` or `else` beside `if`")
    }
    if kind == "wait_for", let then = fields["then"], let condition, isStopped(by: condition) {
      then.error(
        .unreachable, "no run reaches this `then`: `stop_when` ends the run on the same event",
        hint: "put the steps elsewhere, or narrow `stop_when`")
    }
    var open = OpenEnds()
    var branches: [OpenEnd.Exit: Int] = [:]
    var endings = 0
    for (key, exit) in [("then", OpenEnd.Exit.then), ("else", .otherwise)] {
      guard let branch = fields[key], branch.node.kind != .array || !branch.node.elements.isEmpty else {
        open.ends.append(OpenEnd(step: index, exit: exit))
        continue
      }
      branches[exit] = program.count
      let inner = steps(branch, depth: depth + 1)
      if inner.ends.isEmpty { endings += 1 }
      open.ends += inner.ends
    }
    if let condition {
      let (then, otherwise) = (branches[.then] ?? index + 1, branches[.otherwise] ?? index + 1)
      program[index].kind =
        kind == "if"
        ? .branch(Branch(condition: condition, then: then, otherwise: otherwise))
        : .waitFor(WaitFor(condition: condition, atMost: atMost ?? Span(days: 1), then: then, otherwise: otherwise))
    }
    return (open, endings == 2)
  }

  /// Whether `stop_when` holds whenever this does: a plain `did` of a type that stops the run whatever its properties.
  private func isStopped(by condition: Condition) -> Bool {
    guard case .did(let awaited) = condition, !awaited.negated else { return false }
    return stopWhen.contains { stop in
      guard case .did(let stop) = stop, stop.type == awaited.type, !stop.negated, stop.same.isEmpty else {
        return false
      }
      return stop.measure == .times && (stop.match == nil || stop.match == awaited.match) && stop.window == .sinceEntry
        && stop.tests == [NumberTest(comparison: .greaterOrEqual, operand: .literal(1))]
    }
  }
}

/// A way out of a step whose target is not known yet.
struct OpenEnd {
  enum Exit { case next, then, otherwise }
  let step: Int
  let exit: Exit
}

struct OpenEnds {
  var ends: [OpenEnd]

  init(_ ends: [OpenEnd] = []) { self.ends = ends }

  /// What follows is at `index`.
  mutating func close(at index: Int, in program: inout [Step]) {
    for end in ends {
      switch (end.exit, program[end.step].kind) {
      case (.then, .branch(var branch)):
        branch.then = index
        program[end.step].kind = .branch(branch)
      case (.otherwise, .branch(var branch)):
        branch.otherwise = index
        program[end.step].kind = .branch(branch)
      case (.then, .waitFor(var wait)):
        wait.then = index
        program[end.step].kind = .waitFor(wait)
      case (.otherwise, .waitFor(var wait)):
        wait.otherwise = index
        program[end.step].kind = .waitFor(wait)
      default:
        program[end.step].next = index
      }
    }
    ends = []
  }
}
