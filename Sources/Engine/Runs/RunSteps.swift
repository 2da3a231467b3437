import Domain
import Ingest
import JSON
import SQL

/// Lets one event or one timer act on the runs of one contact: calls the pure step function and stores what it says.
struct RunSteps {
  let log: EventLog
  let catalog: ChainCatalog
  let counters: Counters
  let rules: Rules
  private let runs = RunStore()
  private let people = People()
  private let facts: MessageFacts
  private let requests: MessageRequests
  private let entries: Entries

  init(log: EventLog, catalog: ChainCatalog, counters: Counters, rules: Rules) {
    (self.log, self.catalog, self.counters, self.rules) = (log, catalog, counters, rules)
    facts = MessageFacts(counters: counters)
    requests = MessageRequests(log: log, counters: counters)
    entries = Entries()
  }

  // MARK: - An event

  func act(on event: StoredEvent, _ round: inout EngineRound, _ db: Connection) throws {
    round.events += 1
    round.oldestEvent = round.oldestEvent ?? event.acceptedAt
    let contact = try event.contact ?? people.resolve(event.keys, at: event.at, db)
    try Timeline.append(event, of: contact, db)
    var handedOver: MessageFacts.Noted?
    if let message = event.message { handedOver = try facts.note(event, message: message, db) }
    guard isFresh(event) else { return }
    var fact: EventFact?
    func theFact() throws -> EventFact {
      if let fact { return fact }
      let made = EventFact(
        seq: event.seq, at: event.at, type: event.type, properties: try EventProperties.value(event.properties))
      fact = made
      return made
    }
    if catalog.isGoal(event.type) { try lookForGoals(theFact(), of: contact, db) }
    if handedOver != nil || catalog.wakesRuns(event.type) {
      for run in try runs.active(of: contact, db) {
        let isItsMessage = handedOver?.run == run.id
        guard let version = try catalog.version(run.chain, run.version, db) else { continue }
        guard isItsMessage || version.chain.wakingTypes.contains(event.type) else { continue }
        let cause: Cause = isItsMessage ? .handedOver(step: handedOver?.step ?? 0) : .event(try theFact())
        try advance(run, version, cause, now: event.acceptedAt, position: event.seq, &round, db)
      }
    }
    for version in catalog.startable(by: event.type) {
      try start(version, by: try theFact(), contact: contact, acceptedAt: event.acceptedAt, &round, db)
    }
  }

  /// Whether the event may start chains and wake waits; an older one is history that is loaded.
  private func isFresh(_ event: StoredEvent) -> Bool {
    event.message != nil || rules.triggerMaxAge.after(event.at, in: rules.shopZone) >= event.acceptedAt
  }

  // MARK: - A timer

  func act(
    onTimer id: Int64, due: Timestamp, position: Int64, _ round: inout EngineRound, _ db: Connection
  ) throws {
    round.timers += 1
    guard let run = try runs.run(id, db), let version = try catalog.version(run.chain, run.version, db) else { return }
    try advance(run, version, .due, now: due, position: position, &round, db)
  }

  private func advance(
    _ run: Run, _ version: ChainVersion, _ cause: Cause, now: Timestamp, position: Int64, _ round: inout EngineRound,
    _ db: Connection
  ) throws {
    let isPaused = catalog.entry(run.chain)?.status == .paused
    if isPaused, case .due = cause { return try runs.park(run.id, due: now, db) }
    guard let trigger = try log.event(run.triggerSeq, db), let contact = try people.contact(run.contact, db) else {
      // The event or the contact it began with is gone (retention, erasure): nothing can be decided any more.
      return try end(run, version, reason: "history_gone", now: now, round.now, db)
    }
    let view = StoredContactView(contact: contact, run: run.id, log: log, rules: rules, db)
    let transition: Transition
    do {
      transition = try StepFunction.advance(
        run, chain: version.chain, rules: rules, view: view, trigger: try Self.fact(trigger), cause: cause, now: now,
        position: position, lateness: max(0, round.now - now), isPaused: isPaused)
    } catch let error as SQLError {
      throw error
    } catch {
      // What the rules cannot decide they never will: one run must not stop the others.
      return try end(run, version, reason: "error", now: now, round.now, db)
    }
    try store(transition, from: run, version, view: contact, now: now, &round, db)
  }

  /// Ends a run from outside the step function.
  func end(
    _ run: Run, _ version: ChainVersion, reason: String, now: Timestamp, _ wall: Timestamp, _ db: Connection
  ) throws {
    var run = run
    (run.state, run.endedAt, run.reason, run.dueAt, run.stepDueAt) = (.ended, now, reason, nil, nil)
    try runs.update(run, db)
    count(run, version, step: "", outcome: reason)
    try requests.withdraw(run, of: version, reason: reason, now: wall.milliseconds, db)
  }

  /// Ends some of an archived chain's runs; false when none are left.
  func endArchived(_ chain: Int64, limit: Int, now: Timestamp, _ db: Connection) throws -> Bool {
    let left = try runs.active(ofChain: chain, limit: limit, db)
    for run in left {
      guard let version = try catalog.version(run.chain, run.version, db) else { continue }
      try end(run, version, reason: "archived", now: now, now, db)
    }
    return !left.isEmpty
  }

  private static func fact(_ event: StoredEvent) throws -> EventFact {
    EventFact(seq: event.seq, at: event.at, type: event.type, properties: try EventProperties.value(event.properties))
  }

  // MARK: - Entering

  private func start(
    _ version: ChainVersion, by trigger: EventFact, contact row: Int64, acceptedAt: Timestamp,
    _ round: inout EngineRound, _ db: Connection
  ) throws {
    guard let contact = try people.contact(row, db) else { return }
    let view = StoredContactView(contact: contact, run: 0, log: log, rules: rules, db)
    let evaluator = Evaluator(view: view, run: RunScope(entering: trigger), now: acceptedAt)
    guard try version.chain.triggers.contains(where: { try $0.fits(trigger, evaluator) }) else { return }
    if let onlyIf = version.chain.onlyIf, try !evaluator.evaluate(onlyIf).holds { return }
    let key = version.chain.per.map { Chain.key($0, of: trigger) } ?? ""
    switch try entries.decide(version, contact: row, key: key, zone: view.zone, now: acceptedAt, db) {
    case .refused: return
    case .replaces(let id): try replace(id, now: acceptedAt, round.now, db)
    case .free: break
    }
    let run = Run(
      id: 0, chain: version.number, version: version.version, contact: row, key: key, state: .active, step: 0,
      enteredAt: acceptedAt, entry: trigger.moment, triggerSeq: trigger.seq,
      stepStart: LogMoment(at: acceptedAt, seq: trigger.seq), stepDueAt: nil, dueAt: nil, data: [:], marks: [:],
      goalUntil: nil, endedAt: nil, reason: nil)
    // The row first: its unique indexes have the last word, and the view's messages are those of the run's own id.
    var entered = run
    let (once, exclusive) = (version.chain.reenter == .never, version.chain.reenter != .always)
    guard let id = try runs.insert(run, once: once, exclusive: exclusive, db) else { return }
    entered.id = id
    let inside = StoredContactView(contact: contact, run: id, log: log, rules: rules, db)
    let transition = try StepFunction.enter(
      entered, chain: version.chain, rules: rules, view: inside, trigger: trigger, now: acceptedAt,
      lateness: max(0, round.now - acceptedAt))
    try store(transition, from: nil, version, view: contact, now: acceptedAt, &round, db)
  }

  private func replace(_ id: Int64, now: Timestamp, _ wall: Timestamp, _ db: Connection) throws {
    guard let run = try runs.run(id, db), let old = try catalog.version(run.chain, run.version, db) else { return }
    try end(run, old, reason: "restarted", now: now, wall, db)
  }

  // MARK: - Storing a decision

  private func store(
    _ transition: Transition, from before: Run?, _ version: ChainVersion, view contact: Contact, now: Timestamp,
    _ round: inout EngineRound, _ db: Connection
  ) throws {
    let run = transition.run
    if run != before { try runs.update(run, db) }
    round.sawDue(run.dueAt)
    for effect in transition.effects {
      switch effect {
      case .plan(let message): try requests.plan(message, for: run, of: version, now: round.now.milliseconds, db)
      case .withdraw(let reason):
        try requests.withdraw(run, of: version, reason: reason, now: round.now.milliseconds, db)
      case .set(let values): try people.set(values, of: contact.row, now: now, db)
      case .count(let step, let outcome): count(run, version, step: step, outcome: outcome)
      }
    }
  }

  private func count(_ run: Run, _ version: ChainVersion, step: String, outcome: String, by amount: Int64 = 1) {
    counters.count(
      Counters.Key(chain: version.number, version: run.version, step: step, outcome: outcome), by: amount)
  }

  // MARK: - Goals

  private func lookForGoals(_ event: EventFact, of contact: Int64, _ db: Connection) throws {
    for run in try runs.awaitingGoal(of: contact, db) {
      guard let version = try catalog.version(run.chain, run.version, db), let until = run.goalUntil,
        let goal = version.chain.goal, goal.did == event.type, event.moment > run.entry
      else { continue }
      guard event.at < until else {
        try runs.endGoal(run.id, db)
        continue
      }
      if let match = goal.match, !match.holds(for: event.properties, resolve: { Self.literal($0) }) { continue }
      try runs.endGoal(run.id, db)
      // Credited to the run's last message before it; to the chain itself when there was none.
      let last = try db.first(
        "SELECT label FROM messages WHERE run = $1 AND sent_at <= $2 ORDER BY sent_at DESC, id DESC LIMIT 1",
        [.int(run.id), .int(event.at.milliseconds)]) { $0.text(0) }
      count(run, version, step: last ?? "", outcome: "goal")
      let amount = goal.value.flatMap { $0.value(in: event.properties) }.flatMap(Money.tenThousandths)
      if let amount { count(run, version, step: last ?? "", outcome: "goal_value", by: amount) }
    }
  }

  private static func literal(_ expression: ValueExpression) -> JSONValue? {
    if case .literal(let value) = expression { return value }
    return nil
  }
}

extension Trigger {
  func fits(_ event: EventFact, _ evaluator: Evaluator) throws -> Bool {
    guard self.event == event.type else { return false }
    return try match?.holds(for: event.properties, resolve: evaluator.value) ?? true
  }
}
