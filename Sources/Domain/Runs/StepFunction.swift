import JSON

/// The one step function: (chain, run, contact's view, cause, now) → transition and effects. Pure: it reads no clock and
/// draws no random number. Live traffic, a restart and the simulation are all callers of this.
public struct StepFunction {
  let chain: Chain
  let rules: Rules
  let view: any ContactView
  /// The event's acceptance or the timer's due time, not the clock on the wall.
  let now: Timestamp
  /// The log's position the decision is made at.
  let position: Int64
  /// How long after `now` the decision is really made, in milliseconds.
  let lateness: Int64
  var run: Run
  var trigger: EventFact
  var effects: [Effect] = []
  /// What `set` changed in this decision: the view does not know it yet.
  private var changed: [(name: String, value: JSONValue)] = []
  /// The same of lists that it was put on or off.
  private var changedLists: [String: Bool] = [:]
  private var firstStop: (truth: Truth, of: Run)?

  init(
    chain: Chain, rules: Rules, view: any ContactView, now: Timestamp, position: Int64, lateness: Int64, run: Run,
    trigger: EventFact
  ) {
    (self.chain, self.rules, self.view, self.now) = (chain, rules, view, now)
    (self.position, self.lateness, self.run, self.trigger) = (position, lateness, run, trigger)
  }

  /// Starts `run`, a new one, by `trigger`: goes through the steps until one holds it.
  public static func enter(
    _ run: Run, chain: Chain, rules: Rules, view: any ContactView, trigger: EventFact, now: Timestamp, lateness: Int64
  ) throws -> Transition {
    var function = StepFunction(
      chain: chain, rules: rules, view: view, now: now, position: trigger.seq, lateness: lateness, run: run,
      trigger: trigger)
    function.begin()
    if try function.stopping().holds {
      try function.end(reason: "stopped")
    } else {
      try function.arrive(at: 0)
    }
    try function.scheduleNextLook()
    return Transition(run: function.run, effects: function.effects)
  }

  mutating func begin() {
    effects.append(.count(step: "", outcome: "entered"))
    if chain.holdout > 0, StableHash.share(of: "holdout \(run.chain) \(run.contact)") < chain.holdout {
      run.isHeldOut = true
      effects.append(.count(step: "", outcome: "held_out"))
    }
    if let goal = chain.goal { run.goalUntil = goal.within.after(run.entry.at, in: view.zone) }
  }

  /// Moves a run that is inside. `trigger` is the event that is its trigger now; `position` the log's. In a paused chain
  /// a run stays where it is: `stop_when` still ends it, and `reset_on` still begins its wait anew.
  public static func advance(
    _ run: Run, chain: Chain, rules: Rules, view: any ContactView, trigger: EventFact, cause: Cause, now: Timestamp,
    position: Int64, lateness: Int64, isPaused: Bool = false
  ) throws -> Transition {
    var function = StepFunction(
      chain: chain, rules: rules, view: view, now: now, position: position, lateness: lateness, run: run,
      trigger: trigger)
    try function.advance(cause, isPaused: isPaused)
    return Transition(run: function.run, effects: function.effects)
  }

  private mutating func advance(_ cause: Cause, isPaused: Bool) throws {
    guard run.state == .active else { return }
    let stop = try stopping()
    guard !stop.holds else { return try end(reason: "stopped") }
    let before = run
    switch cause {
    case .event(let event): try wake(by: event, isPaused: isPaused)
    case .due: if !isPaused { try passTime() }
    case .handedOver(let step):
      if isPaused { break }
      guard run.step == step, case .send = chain.program[safe: step]?.kind else { break }
      try leave(to: chain.program[step].next)
    }
    // A new trigger may be what stops it.
    if run.state == .active, run.triggerSeq != before.triggerSeq, try stopping().holds {
      return try end(reason: "stopped")
    }
    try scheduleNextLook()
    if case .due = cause { return }
    keepLook(before)
  }

  /// A resume has runs looked at: an event that acts before that look does not take its place.
  private mutating func keepLook(_ before: Run) {
    guard run.state == .active, run.step == before.step, run.stepStart == before.stepStart else { return }
    // The step's end was the look, and is another now.
    if let end = before.stepDueAt, before.dueAt == end, run.stepDueAt != end { return }
    run.dueAt = Truth.earlier(run.dueAt, before.dueAt)
  }

  /// Whether any of `stop_when` holds; asked again only when the run has become another since.
  private mutating func stopping() throws -> Truth {
    if let firstStop, firstStop.of.marks == run.marks, firstStop.of.data == run.data,
      firstStop.of.triggerSeq == run.triggerSeq
    {
      return firstStop.truth
    }
    let truth = try askStopWhen()
    firstStop = (truth, run)
    return truth
  }

  private func askStopWhen() throws -> Truth {
    try chain.stopWhen.reduce(Truth(false)) { truth, condition in
      let next = try evaluator.evaluate(condition)
      return Truth(truth.holds || next.holds, until: Truth.earlier(truth.until, next.until))
    }
  }

  var evaluator: Evaluator {
    Evaluator(
      view: view,
      run: RunScope(run, trigger: trigger), now: now, changed: changed, lists: changedLists)
  }

  private mutating func wake(by event: EventFact, isPaused: Bool) throws {
    guard let step = chain.program[safe: run.step] else { return }
    if let change = ContactChange(event) { try renewEnd(of: step, change) }
    switch step.kind {
    case .wait(let wait)
    where wait.resetOn.contains(event.type) && hasSameKey(event) && event.moment > run.entry && run.stepDueAt != nil:
      if event.type == trigger.type, event.moment > trigger.moment {
        trigger = event
        // What wakes a run is its own contact's.
        (run.triggerSeq, run.actor) = (event.seq, nil)
      }
      run.stepStart = LogMoment(at: now, seq: position)
      effects.append(.count(step: step.label, outcome: "reset"))
      // From here, whatever the wait counted from before.
      run.stepDueAt = try waitEnd(wait, from: now)
    case .waitFor(let wait): if !isPaused, run.stepDueAt != nil { try look(at: wait, step) }
    case .wait, .waitUntil, .send, .branch, .choose, .split, .set, .list, .webhook, .offer, .enter, .leave, .exit: break
    }
  }

  /// With `per`, triggers and `reset_on` see events of the run's key only.
  private func hasSameKey(_ event: EventFact) -> Bool {
    guard let per = chain.per else { return true }
    return Chain.key(per, of: event) == run.key
  }

  private mutating func passTime() throws {
    guard run.step < chain.end, let step = chain.program[safe: run.step], try hasBegun(step) else {
      return try arrive(at: run.step)
    }
    let isOver = run.stepDueAt.map { $0 <= now } ?? false
    switch step.kind {
    case .wait: if isOver { try leave(to: step.next) }
    case .waitUntil(let rule):
      guard isOver else { return }
      // The date may have been put off since.
      if case .date = rule, let moment = try moment(of: rule, from: now), moment > now {
        run.stepDueAt = moment
      } else {
        try leave(to: step.next)
      }
    case .waitFor(let wait):
      try look(at: wait, step)
      if run.step == step.index, run.state == .active, isOver {
        effects.append(.count(step: step.label, outcome: "else"))
        try leave(to: wait.otherwise)
      }
    case .send:
      if try view.messages().contains(where: { $0.step == run.step && $0.isOver }) { try leave(to: step.next) }
    case .branch, .choose, .split, .set, .list, .webhook, .offer, .enter, .leave, .exit: break
    }
  }

  /// A live edit puts a run before a step: nothing of it has happened then. Other steps hold no run.
  private func hasBegun(_ step: Step) throws -> Bool {
    switch step.kind {
    case .wait, .waitUntil, .waitFor: run.stepDueAt != nil
    case .send: try view.messages().contains { $0.step == step.index }
    default: false
    }
  }

  private mutating func look(at wait: WaitFor, _ step: Step) throws {
    guard try evaluator.evaluate(wait.condition).holds else { return }
    effects.append(.count(step: step.label, outcome: "then"))
    try leave(to: wait.then)
  }

  private mutating func leave(to next: Int) throws {
    if chain.markedSteps.contains(run.step) { run.marks[run.step] = LogMoment(at: now, seq: position) }
    try arrive(at: next)
  }

  /// When time alone could end the step, stop the run or turn a condition it waits for.
  private mutating func scheduleNextLook() throws {
    guard run.state == .active else {
      run.dueAt = nil
      return
    }
    var due = Truth.earlier(run.stepDueAt, try stopping().until)
    if case .waitFor(let wait)? = chain.program[safe: run.step]?.kind {
      due = Truth.earlier(due, try evaluator.evaluate(wait.condition).until)
    }
    run.dueAt = due
  }

  mutating func end(reason: String) throws {
    // Only a run that stands at a message has one that has not left.
    if case .send? = chain.program[safe: run.step]?.kind { effects.append(.withdraw(reason: reason)) }
    try finish(reason: reason)
  }

  /// What `at_end` says, and the end.
  private mutating func finish(reason: String) throws {
    var index = chain.end
    while let step = chain.program[safe: index] {
      effects.append(.count(step: step.label, outcome: "reached"))
      guard let next = try perform(step) else { break }
      index = next
    }
    run.state = .ended
    run.endedAt = now
    run.reason = reason
    run.stepDueAt = nil
    run.dueAt = nil
    effects.append(.count(step: "", outcome: reason))
  }

  /// Ends a run from outside: its chain was archived, it is entered anew, another chain says `leave`.
  /// - Parameter trigger: nil when the event is gone; what `at_end` says happens all the same.
  public static func end(
    _ run: Run, reason: String, chain: Chain, rules: Rules, view: any ContactView, trigger: EventFact?, now: Timestamp,
    position: Int64
  ) throws -> Transition {
    let nothing = EventFact(seq: run.triggerSeq, at: run.entry.at, type: "", properties: .object([:]))
    var function = StepFunction(
      chain: chain, rules: rules, view: view, now: now, position: position, lateness: 0, run: run,
      trigger: trigger ?? nothing)
    function.effects.append(.withdraw(reason: reason))
    try function.finish(reason: reason)
    return Transition(run: function.run, effects: function.effects)
  }
}

extension StepFunction {
  /// Goes through the steps from `index` on until one holds the run, or the chain ends. The program has no loops.
  fileprivate mutating func arrive(at index: Int) throws {
    var index = index
    while index < chain.end, let step = chain.program[safe: index] {
      run.step = index
      run.stepStart = LogMoment(at: now, seq: position)
      run.stepDueAt = nil
      effects.append(.count(step: step.label, outcome: "reached"))
      guard let next = try perform(step) else { return }
      if chain.markedSteps.contains(index) { run.marks[index] = LogMoment(at: now, seq: position) }
      index = next
    }
    run.step = chain.end
    try end(reason: "completed")
  }

  /// The index to go on at, nil when the step holds the run or ends it.
  private mutating func perform(_ step: Step) throws -> Int? {
    switch step.kind {
    case .wait(let wait):
      let due = try waitEnd(wait)
      guard due > now else { return step.next }
      run.stepDueAt = due
    case .waitUntil(let rule):
      guard let due = try moment(of: rule, from: now) else {
        try end(reason: "no_date")
        return nil
      }
      guard due > now else { return step.next }
      run.stepDueAt = due
    case .waitFor(let wait):
      if try evaluator.evaluate(wait.condition).holds {
        effects.append(.count(step: step.label, outcome: "then"))
        return wait.then
      }
      run.stepDueAt = wait.atMost.after(now, in: view.zone)
    case .send(let send): return try plan(send, step)
    case .exit(let reason): try end(reason: reason)
    case .branch, .choose, .split: return try turn(step)
    case .set, .list, .webhook, .offer, .enter, .leave:
      try act(step)
      return step.next
    }
    return nil
  }

  /// Which way a run goes on.
  private mutating func turn(_ step: Step) throws -> Int {
    func count(_ outcome: String) -> Effect { .count(step: step.label, outcome: outcome) }
    switch step.kind {
    case .branch(let branch):
      let holds = try evaluator.evaluate(branch.condition).holds
      effects.append(count(holds ? "then" : "else"))
      return holds ? branch.then : branch.otherwise
    case .choose(let choose):
      let first = try choose.cases.firstIndex { try evaluator.evaluate($0.condition).holds }
      effects.append(count(first.map { "case \($0)" } ?? "otherwise"))
      return first.map { choose.cases[$0].target } ?? choose.otherwise
    case .split(let split):
      let names = split.variants.map { (name: $0.name, weight: $0.weight) }
      let name = try variant(of: step, among: names, split.winner)
      return split.variants.first { $0.name == name }?.target ?? step.next
    default: return step.next
    }
  }

  /// What takes no time. Who is held out walks past it.
  private mutating func act(_ step: Step) throws {
    if case .set(let assignments) = step.kind { return try set(assignments) }
    guard !run.isHeldOut else { return }
    switch step.kind {
    case .list(let list, let add):
      changedLists[list] = add
      effects.append(.list(list, add: add))
    case .webhook(let webhook):
      var data = JSONObject()
      for assignment in webhook.data { data[assignment.name] = try evaluator.value(assignment.value) ?? .null }
      effects.append(.webhook(id: webhook.id, step: step.label, data: data))
    case .offer(let offer):
      effects.append(
        .offer(slot: offer.slot, template: offer.template, until: offer.lasts.after(now, in: view.zone)))
    case .enter(let chain): effects.append(.enter(chain: chain))
    case .leave(let chain): effects.append(.leave(chain: chain))
    default: break
    }
  }

  private mutating func set(_ assignments: [Assignment]) throws {
    // What there is nothing to set to stays as it was.
    for assignment in assignments {
      guard let value = try evaluator.value(assignment.value) else { continue }
      run.data[assignment.name] = value
      changed.append((name: assignment.name, value: value))
      if !run.isHeldOut { effects.append(.set([(name: assignment.name, value: value)])) }
    }
  }

  /// The index to go on at where there is nothing to wait for.
  private mutating func plan(_ send: Send, _ step: Step) throws -> Int? {
    if run.isHeldOut, send.purpose == .marketing {
      effects.append(.count(step: step.label, outcome: "held_out"))
      return step.next
    }
    let planned = now + max(0, lateness)
    var skip: String?
    if let onlyIf = send.onlyIf, try !evaluator.evaluate(onlyIf).holds { skip = "only_if" }
    if chain.isTooLate(send, due: now, lateness: lateness, in: view.zone) { skip = skip ?? "late" }
    let times = chain.times(of: send, plannedAt: planned, rules, in: view.zone)
    let template =
      send.templates.count > 1 && skip == nil
      ? try variant(of: step, among: send.templates.map { (name: $0, weight: 1) }, send.winner)
      : send.templates.first ?? ""
    effects.append(
      .plan(
        PlannedMessage(
          step: step.index, label: step.label, channel: send.channel, template: template, purpose: send.purpose,
          plannedAt: planned, dueAt: times.due, expiresAt: times.expires, skip: skip)))
    return nil
  }
}

extension Chain {
  /// Less is how long a busy server may take; it is not "late".
  public static let lateAfterMilliseconds: Int64 = 60_000

  /// Whether `late` drops a message of `send` that was due at that moment and comes so many milliseconds after it.
  public func isTooLate(_ send: Send, due: Timestamp, lateness: Int64, in zone: Zone) -> Bool {
    isTooLate(send.purpose, due: due, lateness: lateness, in: zone)
  }

  /// The same for what has no purpose of its own: a contact who comes in by time.
  public func isTooLate(due: Timestamp, lateness: Int64, in zone: Zone) -> Bool {
    isTooLate(purpose, due: due, lateness: lateness, in: zone)
  }

  private func isTooLate(_ purpose: Purpose, due: Timestamp, lateness: Int64, in zone: Zone) -> Bool {
    switch late ?? .byDefault(for: purpose) {
    case .send: false
    case .skip: lateness > Chain.lateAfterMilliseconds
    case .skipAfter(let span): span.after(due, in: zone) < due + lateness
    }
  }

  /// The first moment at which a message of `send` may leave, and the one after which it must not.
  public func times(
    of send: Send, plannedAt planned: Timestamp, _ rules: Rules, in zone: Zone
  ) -> (due: Timestamp, expires: Timestamp) {
    let expires = send.hold.after(planned, in: zone)
    return (min(allowedHours(for: send, rules).firstMoment(from: planned, in: zone), expires), expires)
  }

  /// Nil where the step is no send, or there is none.
  public func send(at index: Int) -> Send? {
    guard case .send(let send)? = program[safe: index]?.kind else { return nil }
    return send
  }

  /// The hours in which a message of `send` may leave.
  public func allowedHours(for send: Send, _ rules: Rules) -> AllowedHours {
    switch send.purpose {
    case .transactional: .always
    case .marketing: AllowedHours([rules.channels[send.channel]?.hours, hours])
    }
  }

  /// The value of `per` in an event, as text; empty when it has none. 1 and 1.0 are one key; of what is very long the
  /// rest is a hash.
  public static func key(_ per: PropertyPath, of event: EventFact) -> String {
    let text =
      switch per.value(in: event.properties) {
      case .string(let text)?: text
      case nil, .null?: ""
      case .number(let number)?: number.int.map { String($0) } ?? number.text
      case .some(let value): value.text
      }
    guard text.utf8.count > longestKey else { return text }
    return String(text.prefix(longestKey / 2)) + "#" + String(StableHash.of(text), radix: 36)
  }

  /// Bytes.
  private static let longestKey = 256
}

extension Array {
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
