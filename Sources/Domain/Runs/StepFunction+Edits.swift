extension StepFunction {
  /// A run that goes on in a later version of its chain, at the same step or before the next that is still there. It only
  /// changes its place: what follows of it, it does when it is looked at, in the order of all timers, and in a paused
  /// chain after the resume.
  /// - Parameters:
  ///   - run: inside, on the version `old`.
  ///   - version: the number of the version `new`.
  ///   - now: of the edit: what the new version has due by then is due now, and no later.
  public static func follow(
    _ run: Run, _ matching: StepMatching, from old: Chain, to new: Chain, version: Int64, rules: Rules,
    view: any ContactView, trigger: EventFact, now: Timestamp, position: Int64
  ) throws -> Run {
    var moved = run
    moved.version = version
    guard !matching.isSame else { return moved }
    moved.marks = [:]
    for (step, mark) in run.marks {
      if let index = matching.index(of: step), new.markedSteps.contains(index) { moved.marks[index] = mark }
    }
    var function = StepFunction(
      chain: new, rules: rules, view: view, now: now, position: position, lateness: 0, run: moved, trigger: trigger)
    function.renewGoal(old)
    function.findTrigger(old)
    try function.findPlace(matching, old)
    // What stops it or what it waits for may be another condition now.
    function.run.dueAt = min(function.run.dueAt ?? now, now)
    return function.run
  }

  /// A run that begins anew by the trigger of another. It stands before its first step, as after `follow`.
  /// - Parameter old: what the other walked; its trigger is found again in `chain`.
  public static func restart(
    _ run: Run, from old: Chain, chain: Chain, rules: Rules, view: any ContactView, trigger: EventFact, now: Timestamp,
    position: Int64
  ) -> Transition {
    var function = StepFunction(
      chain: chain, rules: rules, view: view, now: now, position: position, lateness: 0, run: run, trigger: trigger)
    function.findTrigger(old)
    function.begin()
    function.stand(before: 0)
    function.run.dueAt = now
    return Transition(run: function.run, effects: function.effects)
  }

  /// One that was reached, or is over, stays so.
  private mutating func renewGoal(_ old: Chain) {
    guard chain.goal != old.goal, run.goalUntil != nil || old.goal == nil else { return }
    run.goalUntil = chain.goal.map { $0.within.after(run.entry.at, in: view.zone) }
  }

  /// What templates may see of another person's event depends on it: of one that is gone nothing.
  private mutating func findTrigger(_ old: Chain) {
    let index = old.triggers[safe: run.enteredBy].flatMap { chain.triggers.firstIndex(of: $0) }
    run.enteredBy = index ?? (old.triggers.count == chain.triggers.count ? run.enteredBy : -1)
  }

  private mutating func findPlace(_ matching: StepMatching, _ old: Chain) throws {
    switch matching.fates[safe: run.step] {
    case .stays(let index, isChanged: false), .moved(let index): run.step = index
    case .stays(let index, isChanged: true):
      let before = old.program[run.step]
      run.step = index
      try goOn(at: chain.program[index], from: before)
    case .deleted(let next): stand(before: next)
    case nil: stand(before: chain.end)
    }
  }

  /// At a step that says something else now. A wait counts from its start, and a message is the ledger's business.
  private mutating func goOn(at step: Step, from before: Step) throws {
    let due: Timestamp?
    switch (before.kind, step.kind) {
    case (.wait(let old), .wait(let wait)): due = try waitEnd(wait, from: reset(of: old))
    case (.waitUntil, .wait(let wait)): due = try waitEnd(wait)
    case (.wait, .waitUntil(let rule)), (.waitUntil, .waitUntil(let rule)):
      due = try moment(of: rule, from: run.stepStart.at)
    case (.waitFor, .waitFor(let wait)): due = wait.atMost.after(run.stepStart.at, in: view.zone)
    case (.send, .send): return
    default: due = nil
    }
    // A run that has not begun the step, or cannot go on in it, begins it.
    guard let due, run.stepDueAt != nil else { return stand(before: step.index) }
    run.stepDueAt = max(due, now)
  }

  private mutating func stand(before index: Int) {
    run.step = index
    run.stepStart = LogMoment(at: now, seq: position)
    run.stepDueAt = nil
  }
}
