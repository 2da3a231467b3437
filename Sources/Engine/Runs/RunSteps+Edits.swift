import Domain
import JSON
import SQL

extension RunSteps {
  /// Takes a run over to the version that `move` leads to. A run whose version nobody can read stays where it is.
  func move(
    _ run: Run, _ move: VersionMove, position: Int64, _ round: inout EngineRound, _ db: Connection
  ) throws {
    try alone("a run that was to go to a newer version", .init(.edit, run.id, move.version)) {
      guard let new = try catalog.version(run.chain, move.version, db) else { return }
      switch move.how {
      case .pin: break
      case .follow:
        guard let edit = try catalog.edit(from: run.version, to: new, db) else { return }
        try follow(run, edit, position: position, &round, db)
      case .restart: try restart(run, on: new, position: position, &round, db)
      }
    }
  }

  private func follow(
    _ run: Run, _ edit: Edit, position: Int64, _ round: inout EngineRound, _ db: Connection
  ) throws {
    var moved = run
    moved.version = edit.new.version
    if !edit.matching.isSame {
      guard let followed = try place(run, edit, position: position, now: round.now, db) else {
        return try end(run, edit.old, reason: "history_gone", now: round.now, &round, db)
      }
      moved = followed
      let path = [PassedStep(step: "", outcomes: ["joined"])]
      let told = RunMoves.Move(
        version: moved.version, at: round.now, seq: position, cause: .outside, late: 0, path: path)
      try moves.record(told, of: run.id, db)
    }
    try runs.follow(moved, db)
    count(run, edit.old, step: "", outcome: "followed")
    count(moved, edit.new, step: "", outcome: "joined")
  }

  /// Where the run goes on, and its messages with it; nil when what it began with is gone.
  private func place(
    _ run: Run, _ edit: Edit, position: Int64, now: Timestamp, _ db: Connection
  ) throws -> Run? {
    guard let contact = try recent.contact(run.contact, db), let trigger = try recent.trigger(run.triggerSeq, db) else {
      return nil
    }
    let view = views.view(of: contact, for: run, db)
    let moved = try StepFunction.follow(
      run, edit.matching, from: edit.old.chain, to: edit.new.chain, version: edit.new.version, rules: rules, view: view,
      trigger: trigger, now: now, position: position)
    try requests.follow(run, edit, rules, in: view.zone, now: now.milliseconds, db)
    return moved
  }

  /// A run whose trigger is gone cannot begin again: it has ended.
  private func restart(
    _ run: Run, on new: ChainVersion, position: Int64, _ round: inout EngineRound, _ db: Connection
  ) throws {
    guard let old = try catalog.version(run.chain, run.version, db) else { return }
    let now = round.now
    try end(run, old, reason: "restarted", now: now, &round, db)
    guard let contact = try recent.contact(run.contact, db), let trigger = try recent.trigger(run.triggerSeq, db) else {
      return
    }
    try runs.giveUpPlace(run.id, db)
    var begun = Run(
      id: 0, chain: run.chain, version: new.version, contact: run.contact, key: run.key, state: .active, step: 0,
      enteredAt: now, entry: trigger.moment, triggerSeq: trigger.seq, stepStart: LogMoment(at: now, seq: position),
      stepDueAt: nil, dueAt: nil, data: [:], marks: [:], goalUntil: nil, endedAt: nil, reason: nil)
    (begun.actor, begun.enteredBy) = (run.actor, run.enteredBy)
    var transition = StepFunction.restart(
      begun, from: old.chain, chain: new.chain, rules: rules, view: views.view(of: contact, for: begun, db),
      trigger: trigger, now: now, position: position)
    let (once, exclusive) = (new.chain.reenter == .never, new.chain.reenter != .always)
    guard let id = try runs.insert(transition.run, once: once, exclusive: exclusive, db) else { return }
    transition.run.id = id
    try record(transition, .outside, at: now, seq: position, late: 0, db)
    try say(ChainEvent.entered, of: transition.run, new, wall: now.milliseconds, db)
    try carryOut(transition, new, now: now, &round, db)
  }
}
