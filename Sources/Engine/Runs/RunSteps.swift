import Domain
import Ingest
import JSON
import SQL

/// Lets one event or one timer act on the runs of one contact: calls the pure step function and stores what it says.
struct RunSteps {
  let log: EventLog
  let timeline: Timeline
  let recent: RecentRows
  let catalog: ChainCatalog
  let counters: Counters
  let rules: Rules
  let runs = RunStore()
  let people = People()
  let requests: MessageRequests
  private let facts: MessageFacts
  /// Gets a line for the log when a run or a chain had to be left alone.
  let report: (String) -> Void

  init(
    log: EventLog, timeline: Timeline, recent: RecentRows, catalog: ChainCatalog, counters: Counters, rules: Rules,
    report: @escaping (String) -> Void
  ) {
    (self.timeline, self.recent) = (timeline, recent)
    (self.log, self.catalog, self.counters, self.rules) = (log, catalog, counters, rules)
    self.report = report
    facts = MessageFacts(counters: counters)
    requests = MessageRequests(log: log, counters: counters)
  }

  func act(on event: StoredEvent, _ round: inout EngineRound, _ db: Connection) throws {
    round.events += 1
    round.oldestEvent = round.oldestEvent ?? event.acceptedAt
    let row = try event.contact ?? people.resolve(event.keys, at: event.at, db)
    try timeline.append(event, of: row)
    let occasion = Occasion(event, of: row, recent, db)
    var handedOver: MessageFacts.Noted?
    if let message = event.message { handedOver = try facts.note(event, message: message, db) }
    if catalog.isGoal(event.type) { try alone("a goal") { try lookForGoals(occasion, db) } }
    guard isFresh(event) else { return }
    for run in try moved(by: event, of: row, handedOver, db) {
      let isItsMessage = handedOver?.run == run.id
      guard let version = try readable(run, db) else { continue }
      guard isItsMessage || version.chain.wakingTypes.contains(event.type) else { continue }
      let cause: Cause = isItsMessage ? .handedOver(step: handedOver?.step ?? 0) : .event(try occasion.fact())
      try advance(run, version, cause, now: event.acceptedAt, position: event.seq, of: occasion, &round, db)
    }
    for version in catalog.startable(by: event.type) {
      try alone("an entry into \(version.id)") { try start(version, by: occasion, &round, db) }
    }
  }

  /// The active runs that may move: all of the contact's where the type wakes any, else the one whose message it was.
  private func moved(
    by event: StoredEvent, of contact: Int64, _ handedOver: MessageFacts.Noted?, _ db: Connection
  ) throws -> [Run] {
    if catalog.wakesRuns(event.type) { return try runs.active(of: contact, db) }
    guard let handedOver, let run = try recent.run(handedOver.run, db) else { return [] }
    return run.state == .active && run.contact == contact ? [run] : []
  }

  func act(onTimerOf run: Run, position: Int64, _ round: inout EngineRound, _ db: Connection) throws {
    round.timers += 1
    guard let due = run.dueAt else { return }
    guard let version = try readable(run, db) else { return try runs.park(run.id, due: due, db) }
    try advance(run, version, .due, now: due, position: position, of: nil, &round, db)
  }

  /// Whether the event may start chains and wake waits; an older one is history that is loaded.
  private func isFresh(_ event: StoredEvent) -> Bool {
    // Calendars bend a span by hours at most: far from its end they need not be asked.
    let age = event.acceptedAt - event.at
    if age < rules.triggerMaxAge.approximateMilliseconds / 2 || event.message != nil { return true }
    return rules.triggerMaxAge.after(event.at, in: rules.shopZone) >= event.acceptedAt
  }

  /// Nil when this server cannot read the run's version: the run stays where it is.
  private func readable(_ run: Run, _ db: Connection) throws -> ChainVersion? {
    do { return try catalog.version(run.chain, run.version, db) } catch is UnreadableVersion { return nil }
  }

  /// What the store says stops the round; any other error is this one thing's own, and the rest goes on.
  private func alone(_ what: String, _ body: () throws -> Void) throws {
    do { try body() } catch let error where error is SQLError || error is StoreUnavailable { throw error } catch {
      report("\(what) was left out: \(error)")
    }
  }

  private func advance(
    _ run: Run, _ version: ChainVersion, _ cause: Cause, now: Timestamp, position: Int64, of occasion: Occasion?,
    _ round: inout EngineRound, _ db: Connection
  ) throws {
    let isPaused = catalog.isPaused(run)
    if isPaused, case .due = cause { return try runs.park(run.id, due: now, db) }
    let transition: Transition
    do {
      guard let contact = try recent.contact(run.contact, db), let trigger = try recent.trigger(run.triggerSeq, db)
      else {
        // The event or the contact it began with is gone (retention, erasure): nothing can be decided any more.
        return try end(run, version, reason: "history_gone", now: now, round.now, db)
      }
      let view = StoredContactView(contact: contact, run: run.id, log: log, timeline: timeline, rules: rules, db)
      transition = try StepFunction.advance(
        run, chain: version.chain, rules: rules, view: view, trigger: trigger, cause: cause, now: now,
        position: position, lateness: max(0, round.now - now), isPaused: isPaused)
    } catch let error where error is SQLError || error is StoreUnavailable {
      throw error
    } catch {
      // What the rules cannot decide they never will: one run must not stop the others.
      report("a run of \(version.id) was ended: \(error)")
      return try end(run, version, reason: "error", now: now, round.now, db)
    }
    if transition.run != run {
      try runs.update(transition.run, from: run, db)
      recent.keep(transition.run, db)
    }
    try carryOut(transition, version, of: occasion, now: now, &round, db)
  }

  /// The effects of a decision whose run is stored.
  func carryOut(
    _ transition: Transition, _ version: ChainVersion, of occasion: Occasion?, now: Timestamp,
    _ round: inout EngineRound, _ db: Connection
  ) throws {
    let run = transition.run
    let wall = round.now.milliseconds
    round.sawDue(run.dueAt)
    for effect in transition.effects {
      switch effect {
      case .plan(let message): try requests.plan(message, for: run, of: version, now: wall, db)
      case .withdraw(let reason): try requests.withdraw(run, of: version, reason: reason, now: wall, db)
      case .set(let values):
        guard try people.set(values, of: run.contact, now: now, db) else { break }
        try log.append(own: [ContactEvent.updated(run.contact, fields: values.map(\.name))], now: wall, db)
      case .count(let step, let outcome): count(run, version, step: step, outcome: outcome)
      }
    }
  }

  /// Ends a run from outside the step function.
  func end(
    _ run: Run, _ version: ChainVersion, reason: String, now: Timestamp, _ wall: Timestamp, _ db: Connection
  ) throws {
    let before = run
    var run = run
    (run.state, run.endedAt, run.reason, run.dueAt, run.stepDueAt) = (.ended, now, reason, nil, nil)
    try runs.update(run, from: before, db)
    count(run, version, step: "", outcome: reason)
    try requests.withdraw(run, of: version, reason: reason, now: wall.milliseconds, db)
  }

  /// Ends some of an archived chain's runs; false when none are left.
  func endArchived(_ chain: Int64, limit: Int, now: Timestamp, _ db: Connection) throws -> Bool {
    let left = try runs.active(ofChain: chain, limit: limit, db)
    var ended = 0
    for run in left {
      guard let version = try readable(run, db) else { continue }
      try end(run, version, reason: "archived", now: now, now, db)
      ended += 1
    }
    return ended > 0
  }

  func count(_ run: Run, _ version: ChainVersion, step: String, outcome: String, by amount: Int64 = 1) {
    counters.count(
      Counters.Key(chain: version.number, version: run.version, step: step, outcome: outcome), by: amount)
  }
}
