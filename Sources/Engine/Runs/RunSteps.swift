import Domain
import Ingest
import JSON
import SQL

/// Lets one event or one timer act on the runs of one contact: calls the pure step function and stores what it says.
struct RunSteps {
  let runs = RunStore()
  let people = People()
  let views: ContactViews
  let requests: MessageRequests
  let moves = RunMoves()
  let outbox = Outbox()
  let rfm: RfmBook
  let segments: LiveSegments
  let tombstones: Tombstones
  let poison: PoisonGuard
  private let facts: MessageFacts
  /// Gets a line for the log when a run or a chain had to be left alone.
  let report: (String) -> Void

  init(
    _ views: ContactViews, _ rfm: RfmBook, _ segments: LiveSegments, _ tombstones: Tombstones, _ poison: PoisonGuard,
    report: @escaping (String) -> Void
  ) {
    (self.views, self.rfm, self.segments, self.tombstones, self.report) = (views, rfm, segments, tombstones, report)
    self.poison = poison
    facts = MessageFacts(counters: views.counters, catalog: views.catalog)
    requests = MessageRequests(log: views.log, counters: views.counters)
  }

  var log: EventLog { views.log }
  var timeline: Timeline { views.timeline }
  var recent: RecentRows { views.recent }
  var catalog: ChainCatalog { views.catalog }
  var counters: Counters { views.counters }
  var rules: Rules { views.rules }

  func act(on event: StoredEvent, _ round: inout EngineRound, _ db: Connection) throws {
    round.events += 1
    round.oldestEvent = round.oldestEvent ?? event.acceptedAt
    guard let row = try contact(of: event, &round, db) else { return }
    try timeline.append(event, of: row)
    // Before anybody asks.
    try rfm.note(event, of: row, wall: round.now, db)
    let occasion = Occasion(event, of: row, recent, db)
    recent.acting = occasion
    defer { recent.acting = nil }
    var handedOver: MessageFacts.Noted?
    if let message = event.message { handedOver = try facts.note(event, message: message, db) }
    if catalog.isGoal(event.type) {
      try alone("a goal", .init(.goal, row, event.seq)) { try lookForGoals(occasion, db) }
    }
    let isFresh = rules.isFresh(event)
    try alone("what segments make of an event", .init(.segments, row, event.seq)) {
      try segments.act(on: occasion, isFresh: isFresh, now: round.now, db)
    }
    guard isFresh else { return }
    let isMerge = event.type == ContactEvent.merged
    let change = try clockChange(occasion)
    for run in try moved(by: event, of: row, handedOver, change, db) {
      let isItsMessage = handedOver?.run == run.id
      guard let version = try readable(run, db) else { continue }
      guard
        isItsMessage || isMerge || version.chain.wakingTypes.contains(event.type)
          || change.map({ version.chain.depends(run, on: $0) }) ?? false
      else { continue }
      let cause: Cause = isItsMessage ? .handedOver(step: handedOver?.step ?? 0) : .event(try occasion.fact())
      try advance(run, version, cause, now: event.acceptedAt, position: event.seq, &round, db)
    }
    for version in catalog.startable(by: event.type) {
      try enter(version.number, event, db) { try start(version, by: occasion, &round, db) }
    }
    if event.contact != nil { try obey(occasion, &round, db) }
    try alone("what webhooks are told", .init(.webhooks, row, event.seq)) {
      try outbox.tell(occasion, now: round.now, db)
    }
  }

  /// The server's own events that ask for something.
  private func obey(_ occasion: Occasion, _ round: inout EngineRound, _ db: Connection) throws {
    switch occasion.event.type {
    case ChainEvent.requested:
      try enter(chain(namedBy: occasion), occasion.event, db) { try start(requestedBy: occasion, &round, db) }
    case ChainEvent.date, ChainEvent.schedule, SegmentEvent.when:
      try enter(chain(namedBy: occasion), occasion.event, db) { try start(timedBy: occasion, &round, db) }
    case ChainEvent.leaving:
      guard let number = try chain(namedBy: occasion) else { return }
      for run in try runs.active(of: occasion.row, db) where run.chain == number {
        guard let version = try readable(run, db) else { continue }
        try end(run, version, reason: "left", now: occasion.event.acceptedAt, &round, db)
      }
    case ContactEvent.merging: try merge(askedBy: occasion, &round, db)
    default: break
    }
  }

  private func chain(namedBy occasion: Occasion) throws -> Int64? {
    let id = try alone("what an event of the server's own asks for") { try occasion.fact().properties["chain"]?.string }
    return id?.flatMap(catalog.number(of:))
  }

  /// What is another about the contact now, where the ends of waits follow from it.
  private func clockChange(_ occasion: Occasion) throws -> ContactChange? {
    guard occasion.event.type == ContactChange.type, !catalog.clockFields.isEmpty,
      let change = ContactChange(try occasion.fact())
    else { return nil }
    return change.fields.isDisjoint(with: catalog.clockFields) ? nil : change
  }

  /// The active runs that may move: all of the contact's where the event may wake any or his past has become another,
  /// else the one whose message it was.
  private func moved(
    by event: StoredEvent, of contact: Int64, _ handedOver: MessageFacts.Noted?, _ change: ContactChange?,
    _ db: Connection
  ) throws -> [Run] {
    if change != nil || event.type == ContactEvent.merged || catalog.wakesRuns(event.type) {
      return try runs.active(of: contact, db)
    }
    guard let handedOver, let run = try recent.run(handedOver.run, db) else { return [] }
    return run.state == .active && run.contact == contact ? [run] : []
  }

  func act(onTimerOf run: Run, position: Int64, _ round: inout EngineRound, _ db: Connection) throws {
    round.timers += 1
    guard let due = run.dueAt else { return }
    guard let version = try readable(run, db) else { return try runs.park(run.id, due: due, db) }
    try advance(run, version, .due, now: due, position: position, &round, db)
  }

  /// Nil when this server cannot read the run's version: the run stays where it is.
  func readable(_ run: Run, _ db: Connection) throws -> ChainVersion? {
    do { return try catalog.version(run.chain, run.version, db) } catch is UnreadableVersion { return nil }
  }

  /// What the store says stops the round; any other error is this one thing's own, and the rest goes on.
  /// - Parameter decision: nil where what is around it is one already.
  /// - Returns: nil where it was left out.
  @discardableResult
  func alone<T>(
    _ what: @autoclosure () -> String, _ decision: PoisonGuard.Decision? = nil, _ body: () throws -> T
  ) throws -> T? {
    do {
      guard let decision else { return try body() }
      return try poison.attempt(decision, body)
    } catch let error where error is SQLError || error is StoreUnavailable { throw error } catch {
      report("\(what()) was left out: \(error)")
      return nil
    }
  }

  /// What a chain makes of an event that may bring someone in.
  /// - Parameter chain: chains.number; nil where the event names one that is not there.
  private func enter(
    _ chain: Int64?, _ event: StoredEvent, _ db: Connection, _ body: () throws -> Void
  ) throws {
    guard let chain, let entry = catalog.entry(chain) else { return }
    try alone("an entry into \(entry.id)") {
      do { try poison.attempt(.init(.entry, chain, event.seq), body) } catch let error as Poison {
        try EntriesLeftAside.record(chain, seq: event.seq, ends: error.ends, db)
        counters.count(
          Counters.Key(
            chain: chain, version: entry.liveVersion ?? 0, step: "", outcome: Counters.entryLeftAside))
        throw error
      }
    }
  }

  private func advance(
    _ run: Run, _ version: ChainVersion, _ cause: Cause, now: Timestamp, position: Int64, _ round: inout EngineRound,
    _ db: Connection
  ) throws {
    let isPaused = catalog.isPaused(run)
    if isPaused, case .due = cause { return try runs.park(run.id, due: now, db) }
    var decision = PoisonGuard.Decision(.event, run.id, position)
    if case .due = cause { decision = PoisonGuard.Decision(.timer, run.id, now.milliseconds) }
    do {
      try poison.attempt(decision) {
        try decide(run, version, cause, now: now, position: position, isPaused: isPaused, &round, db)
      }
    } catch let error as Poison {
      report("a run of \(version.id) was ended: \(error)")
      try end(run, version, reason: "error", now: now, &round, db)
    }
  }

  private func decide(
    _ run: Run, _ version: ChainVersion, _ cause: Cause, now: Timestamp, position: Int64, isPaused: Bool,
    _ round: inout EngineRound, _ db: Connection
  ) throws {
    let transition: Transition
    do {
      guard let contact = try recent.contact(run.contact, db), let trigger = try recent.trigger(run.triggerSeq, db)
      else {
        // The event or the contact it began with is gone (retention, erasure): nothing can be decided any more.
        return try end(run, version, reason: "history_gone", now: now, &round, db)
      }
      transition = try StepFunction.advance(
        run, chain: version.chain, rules: rules, view: views.view(of: contact, for: run, db), trigger: trigger,
        cause: cause, now: now,
        position: position, lateness: max(0, round.now - now), isPaused: isPaused)
    } catch let error where error is SQLError || error is StoreUnavailable {
      throw error
    } catch {
      // What the rules cannot decide they never will: one run must not stop the others.
      report("a run of \(version.id) was ended: \(error)")
      return try end(run, version, reason: "error", now: now, &round, db)
    }
    if transition.run != run {
      try runs.update(transition.run, from: run, db)
      recent.keep(transition.run, db)
    }
    try record(transition, MoveCause(cause), at: now, seq: position, late: round.now - now, db)
    try carryOut(transition, version, now: now, &round, db)
  }

  /// For people who ask why.
  func record(
    _ transition: Transition, _ cause: MoveCause, at now: Timestamp, seq: Int64, late: Int64, _ db: Connection
  ) throws {
    let move = RunMoves.Move(
      version: transition.run.version, at: now, seq: seq, cause: cause, late: late, path: transition.path)
    try moves.record(move, of: transition.run.id, db)
  }

  /// The effects of a decision whose run is stored.
  func carryOut(
    _ transition: Transition, _ version: ChainVersion, now: Timestamp, _ round: inout EngineRound, _ db: Connection
  ) throws {
    let run = transition.run
    let wall = round.now.milliseconds
    round.sawDue(run.dueAt)
    for effect in transition.effects {
      switch effect {
      case .plan(let message):
        guard try !requests.plan(message, for: run, of: version, now: wall, db) else { break }
        try runs.lookAgain(at: run.id, now, db)
        round.sawDue(now)
      case .withdraw(let reason): try requests.withdraw(run, of: version, reason: reason, now: wall, db)
      case .count(let step, let outcome): count(run, version, step: step, outcome: outcome)
      case .set, .list, .webhook, .offer, .enter, .leave, .assign, .win:
        try carryOut(effect, for: run, of: version, now: now, wall: wall, db)
      }
    }
    if run.state == .ended { try say(ChainEvent.ended, of: run, version, wall: wall, db) }
  }

  /// Said only where some chain or segment listens.
  func say(_ type: String, of run: Run, _ version: ChainVersion, wall: Int64, _ db: Connection) throws {
    guard
      catalog.wakesRuns(type) || !catalog.startable(by: type).isEmpty || !views.segments.listening(to: type).isEmpty
    else { return }
    try log.append(own: [ChainEvent.said(type, chain: version.id, of: run)], now: wall, db)
  }

  /// Ends a run from outside the step function.
  func end(
    _ run: Run, _ version: ChainVersion, reason: String, now: Timestamp, _ round: inout EngineRound, _ db: Connection
  ) throws {
    do {
      try poison.attempt(.init(.end, run.id, 0)) { try endByRules(run, version, reason, now: now, &round, db) }
    } catch let error as Poison {
      report("what the end of a run of \(version.id) does was left out: \(error)")
      try end(run, version, reason: reason, now: now, wall: round.now, db)
    }
  }

  private func endByRules(
    _ run: Run, _ version: ChainVersion, _ reason: String, now: Timestamp, _ round: inout EngineRound, _ db: Connection
  ) throws {
    // Erased: there is nobody for whom anything could be done. What cannot be decided ends all the same.
    let transition = try recent.contact(run.contact, db).flatMap { contact in
      try alone("what the end of a run of \(version.id) does") {
        try StepFunction.end(
          run, reason: reason, chain: version.chain, rules: rules, view: views.view(of: contact, for: run, db),
          trigger: try recent.trigger(run.triggerSeq, db), now: now, position: log.lastSeq)
      }
    }
    guard let transition else { return try end(run, version, reason: reason, now: now, wall: round.now, db) }
    try runs.update(transition.run, from: run, db)
    recent.keep(transition.run, db)
    try record(transition, .outside, at: now, seq: log.lastSeq, late: round.now - now, db)
    try carryOut(transition, version, now: now, &round, db)
  }

  private func end(
    _ run: Run, _ version: ChainVersion, reason: String, now: Timestamp, wall: Timestamp, _ db: Connection
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
    var round = EngineRound(now: now)
    var ended = 0
    for run in left {
      guard let version = try readable(run, db) else { continue }
      try end(run, version, reason: "archived", now: now, &round, db)
      ended += 1
    }
    return ended > 0
  }

  func count(_ run: Run, _ version: ChainVersion, step: String, outcome: String, by amount: Int64 = 1) {
    counters.count(
      Counters.Key(chain: version.number, version: run.version, step: step, outcome: outcome), by: amount)
  }
}
