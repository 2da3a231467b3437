import Domain
import Ingest
import JSON
import SQL

/// One run from its entry to where it stands or how it ended, told from its recorded moves; each decision is explained
/// anew as of its moment.
struct WhyRun {
  let scene: WhyScene
  let run: Run
  private var messages: [WhyMessage] = []
  private var told: [JSONValue] = []
  private var ended: JSONValue = .null
  private var endedBecause = ""
  private var scope: RunScope
  /// The step at which the run stands, by the moves: its label, which a live edit keeps where it can.
  private var standing: String?

  /// Moves that are told of a run, the oldest.
  private static let movesTold = 300

  init(_ run: Run, _ scene: WhyScene) throws {
    (self.run, self.scene) = (run, scene)
    let gone = EventFact(seq: run.entry.seq, at: run.entry.at, type: "", properties: .object([:]))
    scope = RunScope(run, trigger: try scene.fact(run.entry.seq) ?? gone)
    (scope.marks, scope.data, scope.stepStart) = ([:], [:], LogMoment(at: run.enteredAt, seq: run.entry.seq))
    var last = RunScope(run, trigger: try scene.fact(run.triggerSeq) ?? gone)
    last.stepStart = run.stepStart
    now = last
    for move in try RunMoves().moves(of: run.id, limit: Self.movesTold, scene.db) { try tell(move) }
    self.messages = try WhyMessage.all(of: run, now, scene)
  }

  /// What conditions know of the run today.
  private let now: RunScope

  // MARK: its way

  private mutating func tell(_ move: RunMoves.Move) throws {
    let version = try scene.version(move.version)
    var steps: [JSONValue] = []
    var outcomes: [String] = []
    for (place, passed) in move.path.enumerated() {
      guard !passed.step.isEmpty else {
        outcomes += passed.outcomes
        try tell(end: passed, move, version)
        continue
      }
      guard let version, let step = version.step(labelled: passed.step) else {
        steps.append(["step": .string(passed.step), "outcome": .array(passed.outcomes.map { .string($0) })])
        continue
      }
      let stays = place == 0 && standing == step.label
      if !stays { arrive(at: step, move, version) }
      steps.append(try tell(passed, step, move, version))
      if passed.outcomes.contains("reset") { try restart(move) }
      if case .set(let assignments) = step.kind { try set(assignments, move, version) }
    }
    var object: JSONObject = ["at": .string(move.at.rfc3339), "cause": .string(move.cause.rawValue)]
    if move.cause != .time, move.cause != .outside, let event = try scene.event(move.seq) {
      object["event"] = .string(event.id ?? String(event.seq))
      object["type"] = .string(event.type)
    }
    if move.late > 0 { object["late_ms"] = .number(JSONNumber(move.late)) }
    if move.version != run.version { object["version"] = .number(JSONNumber(move.version)) }
    if !outcomes.isEmpty { object["outcome"] = .array(outcomes.map { .string($0) }) }
    object["steps"] = .array(steps)
    told.append(.object(object))
  }

  private mutating func arrive(at step: Step, _ move: RunMoves.Move, _ version: WhyScene.Version) {
    let moment = LogMoment(at: move.at, seq: move.seq)
    if let left = standing.flatMap(version.step(labelled:))?.index, version.chain.markedSteps.contains(left) {
      scope.marks[left] = moment
    }
    scope.stepStart = moment
    standing = step.label
  }

  private func tell(
    _ passed: PassedStep, _ step: Step, _ move: RunMoves.Move, _ version: WhyScene.Version
  ) throws -> JSONValue {
    var object: JSONObject = ["step": .string(passed.step), "pointer": .string(step.pointer)]
    object["outcome"] = .array(passed.outcomes.map { .string($0) })
    let explainer = try scene.explainer(version, scope, of: run, position: move.seq, at: move.at)
    var checks: [Check] = []
    var expected: Bool?
    switch step.kind {
    case .branch(let branch):
      checks = [try explainer.explain(branch.condition, at: step.pointer + "/if")]
      expected = passed.outcomes.contains("then")
    case .waitFor(let wait) where passed.outcomes.contains("then") || passed.outcomes.contains("else"):
      checks = [try explainer.explain(wait.condition, at: step.pointer + "/wait_for")]
      expected = passed.outcomes.contains("then")
    case .choose(let choose):
      for (index, candidate) in choose.cases.enumerated() {
        checks.append(try explainer.explain(candidate.condition, at: step.pointer + "/choose/\(index)/when"))
        if checks.last?.holds == true || passed.outcomes.contains("case \(index)") { break }
      }
    default: break
    }
    if !checks.isEmpty { object["checks"] = try scene.json(checks) }
    if let expected, checks.first?.holds != expected {
      object["differs"] = "what was known then is no longer on record: today's values give another answer"
    }
    return .object(object)
  }

  /// A wait began anew, perhaps with another trigger.
  private mutating func restart(_ move: RunMoves.Move) throws {
    scope.stepStart = LogMoment(at: move.at, seq: move.seq)
    guard let fact = try scene.fact(move.seq), fact.type == scope.trigger.type, fact.moment > scope.trigger.moment
    else { return }
    scope.trigger = fact
  }

  private mutating func set(_ assignments: [Assignment], _ move: RunMoves.Move, _ version: WhyScene.Version) throws {
    let evaluator = Evaluator(
      view: scene.view(of: run, position: move.seq, at: move.at), run: scope, now: move.at)
    for assignment in assignments {
      guard let value = try evaluator.value(assignment.value) else { continue }
      scope.data[assignment.name] = value
    }
  }

  private mutating func tell(end passed: PassedStep, _ move: RunMoves.Move, _ version: WhyScene.Version?) throws {
    guard let reason = run.reason, passed.outcomes.contains(reason) else { return }
    var object: JSONObject = ["at": .string(move.at.rfc3339), "reason": .string(reason)]
    let event = move.cause == .time || move.cause == .outside ? nil : try scene.event(move.seq)
    object["event"] = event.map { .string($0.id ?? String($0.seq)) } ?? .null
    let by = event.map { " by the " + scene.phrase($0) } ?? ""
    endedBecause = Self.sentence(reason) + by
    if reason == "stopped", let version {
      let explainer = try scene.explainer(version, scope, of: run, position: move.seq, at: move.at)
      let checks = try version.stops.map { try explainer.explain($0.condition, at: $0.pointer) }
      object["checks"] = try scene.json(checks)
      if let stop = checks.first(where: \.holds) {
        endedBecause = "`stop_when` (\(stop.pointer)) ended his run at \(move.at.brief)" + by
      }
    } else {
      endedBecause += " at \(move.at.brief)"
    }
    ended = .object(object)
  }

  private static func sentence(_ reason: String) -> String {
    switch reason {
    case "completed": "his run came to the end of the chain"
    case "stopped": "`stop_when` ended his run"
    case "restarted": "`reenter` began a new run in place of his"
    case "archived": "the chain was archived, which ended his run,"
    case "left": "a `leave` of another chain ended his run"
    case "history_gone": "his run ended because the event that began it is gone"
    case "no_date": "his run ended at a date that is not known of him"
    case "error": "his run ended by an error, which the server's log has,"
    default: "his run ended with exit \"\(reason)\""
    }
  }

  // MARK: as a whole

  /// One of a closed set: inside, held_out, completed, stopped, restarted, archived, left, no_date, history_gone, error,
  /// exited.
  var outcome: String {
    if run.isHeldOut { return "held_out" }
    guard run.state == .ended else { return "inside" }
    let reason = run.reason ?? "error"
    return Self.reasons.contains(reason) ? reason : "exited"
  }

  private static let reasons: Set = [
    "completed", "stopped", "restarted", "archived", "left", "no_date", "history_gone", "error",
  ]

  /// What its answer rests on today: what it waits for, or what ended it.
  func account() throws -> (json: JSONValue, because: String, checks: [JSONValue]) {
    let stands = try standpoint()
    var because = endedBecause
    if run.state == .active { because = "he is inside since \(run.enteredAt.brief), \(stands.sentence)" }
    if because.isEmpty { because = Self.sentence(run.reason ?? "") + (run.endedAt.map { " at \($0.brief)" } ?? "") }
    if run.isHeldOut { because = "he belongs to the held-out part: no marketing is sent to him; " + because }
    let sent = messages.filter(\.wasSent).count
    if run.state == .ended, !messages.isEmpty {
      because += "; of \(messages.count) messages \(sent) left"
      let others = messages.filter { !$0.wasSent }.map { "`\($0.label)`: \($0.because)" }
      if !others.isEmpty { because += " (" + others.prefix(3).joined(separator: "; ") + ")" }
    }
    var object: JSONObject = [
      "id": .string(String(run.id)), "version": .number(JSONNumber(run.version)),
      "outcome": .string(outcome), "because": .string(because), "state": .string(run.state.rawValue),
      "held_out": .bool(run.isHeldOut), "entered_at": .string(run.enteredAt.rfc3339), "entered_by": try entry(),
    ]
    if !run.key.isEmpty { object["key"] = .string(run.key) }
    object["moves"] = .array(told)
    object["messages"] = .array(try messages.map { try $0.json(scene) })
    object["stands"] = stands.json
    object["ended"] = ended.isNull && run.state == .ended ? endWithoutMove : ended
    let checks = run.state == .active ? stands.checks : ended["checks"]?.array ?? []
    return (.object(object), because, checks)
  }

  /// Of a run that began before moves were recorded.
  private var endWithoutMove: JSONValue {
    ["at": run.endedAt.map { .string($0.rfc3339) } ?? .null, "reason": run.reason.map { .string($0) } ?? .null]
  }

  private func entry() throws -> JSONValue {
    var object: JSONObject = ["event": .string(try scene.name(run.entry.seq))]
    if let event = try scene.event(run.entry.seq) {
      object["type"] = .string(event.type)
      object["at"] = .string(event.at.rfc3339)
    }
    if let version = try scene.version(run.version) {
      object["trigger"] = .string(version.pointer(ofTrigger: run.enteredBy))
      let actor = try scene.actor(of: run.entry.seq, version, in: run).flatMap { try People().contact($0, scene.db) }
      object["contact"] = actor.map { .string($0.publicID) }
    }
    return .object(object)
  }

  // MARK: where it stands

  private func standpoint() throws -> (json: JSONValue, sentence: String, checks: [JSONValue]) {
    guard run.state == .active else { return (.null, "", []) }
    guard let version = try scene.version(run.version), let step = version.chain.program[at: run.step] else {
      return (.null, "at a step that this server cannot read", [])
    }
    var object: JSONObject = [
      "step": .string(step.label), "pointer": .string(step.pointer), "since": .string(run.stepStart.at.rfc3339),
    ]
    object["until"] = run.stepDueAt.map { .string($0.rfc3339) } ?? .null
    let explainer = try scene.explainer(version, now, of: run, at: scene.now)
    var checks: [Check] = []
    var sentence = "at `\(step.label)`"
    let until = run.stepDueAt.map { " until \($0.brief)" } ?? ""
    switch step.kind {
    case .wait(let wait):
      sentence += ", which waits" + until + (wait.atMost == nil ? "" : ", his best hour in the window")
    case .waitUntil: sentence += ", which waits" + until
    case .waitFor(let wait):
      let check = try explainer.explain(wait.condition, at: step.pointer + "/wait_for")
      checks.append(check)
      sentence += ", which waits\(until) for \(check.wouldHold ?? "nothing any more")"
    case .send:
      sentence += messages.last { $0.step == step.index }.map { ", whose message \($0.because)" } ?? ""
    default: break
    }
    if scene.chain.status == .paused { sentence += "; the chain is paused" }
    checks += try version.stops.map { try explainer.explain($0.condition, at: $0.pointer) }
    object["because"] = .string(sentence)
    let told = try checks.map(scene.json)
    object["checks"] = .array(told)
    return (.object(object), sentence, told)
  }
}

extension Array {
  subscript(at index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
