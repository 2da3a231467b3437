import JSON

/// Lays the nested steps of a document out as a program. Two passes: the first, `StepNames`, gives every step its index
/// and learns the ids, so that the second can resolve what conditions name.
final class StepParser {
  let findings: Findings
  let purpose: Purpose
  let names: StepNames
  let goal: Goal?
  private let stopWhen: [Condition]
  var program: [Step] = []
  /// The steps of `at_end` are run at once: none of them may hold the run.
  private var isAtEnd = false

  static let maxSteps = 2000
  /// Of steps in steps. The document's own depth ends a little later.
  static let maxDepth = 80
  private static let branching = ["if", "wait_for", "choose", "split", "escalate"]
  static let kinds = [
    "wait", "wait_until", "wait_for", "send", "escalate", "if", "choose", "split", "set", "list", "webhook", "offer",
    "enter", "leave", "exit",
  ]
  private static let laterKinds = ["grant"]
  private static let kindsAtEnd = ["set", "list", "webhook", "offer", "enter", "leave", "if", "choose"]

  private static let words = Kinds(
    what: "a step", one: "one step", example: "{\"wait\": \"24h\"}", known: kinds, later: laterKinds,
    common: ["id", "note"], several: "make them two steps, in the order they should happen",
    insteadOfLater: "leave it out")

  init(findings: Findings, purpose: Purpose, names: StepNames, stopWhen: [Condition], goal: Goal?) {
    (self.findings, self.purpose, self.names) = (findings, purpose, names)
    (self.stopWhen, self.goal) = (stopWhen, goal)
  }

  func parse(_ place: Place) {
    var open = steps(place, depth: 0)
    open.close(at: program.count, in: &program)
  }

  func parse(atEnd place: Place) {
    isAtEnd = true
    parse(place)
    isAtEnd = false
  }

  /// Appends the steps of one list; after the last a run goes on at whatever follows the list, which the caller says
  /// afterwards through the returned open ends.
  func steps(_ place: Place, depth: Int) -> OpenEnds {
    guard let places = place.list(of: "steps") else { return OpenEnds() }
    guard depth < Self.maxDepth else {
      place.error(.tooLarge, "expected steps nested at most \(Self.maxDepth) deep")
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

  /// - Returns: its ways out, and whether it always ends the run.
  private func step(_ place: Place, depth: Int) -> (OpenEnds, ended: Bool) {
    let index = append(place)
    let alone = OpenEnds([OpenEnd(step: index, exit: .next)])
    guard let kind = Self.words.find(in: place) else { return (alone, false) }
    if isAtEnd, !Self.kindsAtEnd.contains(kind) {
      place.error(
        .badValue, "expected a step that takes no time and sends nothing, got `\(kind)`",
        hint: "`at_end` takes \(Self.kindsAtEnd.map { "`\($0)`" }.joined(separator: ", "))")
      return (alone, false)
    }
    if Self.branching.contains(kind) { return branching(kind, place, index: index, depth: depth) }
    if kind == "exit" {
      program[index].kind = .exit(reason: exitReason(place))
      return (OpenEnds(), true)
    }
    if let kind = LeafStepParser(names: names, purpose: purpose, hasGoal: goal != nil).parse(kind, place) {
      program[index].kind = kind
    }
    return (alone, false)
  }

  /// A step that is still to be read: it does nothing and goes on.
  /// - Parameter hasID: whether it is the step that the document's `id` means.
  func append(_ place: Place, hasID: Bool = true, part: String = "") -> Int {
    let index = program.count
    let note = place.node["note"]?.string
    if hasID, let node = place.child("note"), note == nil { node.wrongType(expected: "a text") }
    program.append(
      Step(
        index: index, pointer: place.pointer, id: place.node["id"]?.string, note: note, part: part, kind: .set([]),
        next: index + 1))
    return index
  }

  private func branching(_ kind: String, _ place: Place, index: Int, depth: Int) -> (OpenEnds, ended: Bool) {
    switch kind {
    case "if", "wait_for": fork(kind, place, index: index, depth: depth)
    case "choose": choose(place, index: index, depth: depth)
    case "split": split(place, index: index, depth: depth)
    default: (escalate(place, index: index), false)
    }
  }

  /// Figures have words of their own for how a run goes.
  private static let takenReasons = [
    "entered", "goal", "goal_value", "stopped", "archived", "restarted", "history_gone", "error", "no_date", "left",
    "held_out", "held_out_goal", "held_out_goal_value", "followed", "joined",
    "too_often", "late_entry", "entry_left_aside",
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

  /// Whether `stop_when` holds whenever this does: a plain `did` of a type that stops the run whatever its properties.
  func isStopped(by condition: Condition) -> Bool {
    // One that looks back may hold at once, by what was before the run.
    guard case .did(let awaited) = condition, !awaited.negated, awaited.window == .sinceOwnStart else { return false }
    return stopWhen.contains { stop in
      guard case .did(let stop) = stop, stop.type == awaited.type, !stop.negated, stop.same.isEmpty else {
        return false
      }
      return stop.measure == .times && (stop.match == nil || stop.match == awaited.match) && stop.window == .sinceEntry
        && stop.tests == NumberTest.atLeastOnce
    }
  }
}
