import Domain
import Ingest
import JSON
import SQL

extension RunSteps {
  /// Who comes in, and by which of the version's triggers.
  private struct Entrant {
    let contact: Contact
    /// Whose event it was, where that is another.
    let actor: Int64?
    let trigger: Int
  }

  /// Starts runs of `version` if the event is its trigger, `only_if` holds and `reenter` lets the contact in.
  func start(_ version: ChainVersion, by occasion: Occasion, _ round: inout EngineRound, _ db: Connection) throws {
    let event = try occasion.fact()
    // The event alone decides most: whose it is, is read only for what gets past.
    var entered: Set<Int64> = []
    for (index, candidate) in version.chain.triggers.enumerated() {
      guard candidate.event == event.type, try fits(candidate, occasion, version, db) else { continue }
      // Several may fit, each for somebody else.
      try enroll(version, by: occasion, trigger: index, besides: &entered, &round, db)
    }
  }

  private func fits(
    _ trigger: Trigger, _ occasion: Occasion, _ version: ChainVersion, _ db: Connection
  ) throws -> Bool {
    let event = try occasion.fact()
    switch trigger.kind {
    case .event(_, let match):
      return try match?.holds(for: event.properties) { expression in
        if case .literal(let value) = expression { return value }
        return try value(expression, of: occasion, version, db)
      } ?? true
    case .segment(let segment):
      // What the boundaries of scores alone have moved is nobody's doing: a chain must ask for it.
      return event.properties["segment"]?.string == segment.id && event.properties["cause"]?.string != "boundaries"
    case .api, .date, .schedule, .when: return false
    }
  }

  /// A call or another chain wants the contact in. By a call only a chain comes that says so.
  func start(requestedBy occasion: Occasion, _ round: inout EngineRound, _ db: Connection) throws {
    let properties = try occasion.fact().properties
    guard let id = properties["chain"]?.string, let version = try catalog.live(id, db) else { return }
    let byCall = version.chain.triggers.firstIndex { $0.kind == .api }
    guard let found = byCall ?? (properties["by"]?.string == "api" ? nil : 0) else { return }
    guard byCall != nil else {
      // By a chain's step into one that has other triggers: it is this contact, whom those would enroll.
      guard let contact = try occasion.contact() else { return }
      return try begin(version, Entrant(contact: contact, actor: nil, trigger: found), occasion, &round, db)
    }
    try enroll(version, by: occasion, trigger: found, &round, db)
  }

  /// His time has come. What the chain's pause has overtaken waits for it to go on.
  func start(timedBy occasion: Occasion, _ round: inout EngineRound, _ db: Connection) throws {
    let properties = try occasion.fact().properties
    guard let id = properties["chain"]?.string, let name = properties["trigger"]?.string,
      let number = catalog.number(of: id)
    else { return }
    if catalog.entry(number)?.status == .paused {
      return try EntryCalendar.putBack(
        number, name, occasion.row, occasion: properties["occasion"]?.number?.int ?? 0, due: occasion.now, db)
    }
    guard let version = try catalog.live(id, db),
      let trigger = TimedTrigger.all(of: version).first(where: { $0.key.name == name })
    else { return }
    try enroll(version, by: occasion, trigger: trigger.index, &round, db)
  }

  private func enroll(
    _ version: ChainVersion, by occasion: Occasion, trigger: Int, _ round: inout EngineRound, _ db: Connection
  ) throws {
    var entered: Set<Int64> = []
    try enroll(version, by: occasion, trigger: trigger, besides: &entered, &round, db)
  }

  /// - Parameter entered: whom the event has brought in already, by contacts.id.
  private func enroll(
    _ version: ChainVersion, by occasion: Occasion, trigger: Int, besides entered: inout Set<Int64>,
    _ round: inout EngineRound, _ db: Connection
  ) throws {
    for row in try enrolled(version, by: occasion, trigger: trigger, db) where entered.insert(row).inserted {
      guard let contact = try recent.contact(row, db) else { continue }
      let actor = row == occasion.row ? nil : occasion.row
      try begin(version, Entrant(contact: contact, actor: actor, trigger: trigger), occasion, &round, db)
    }
  }

  /// Whose runs they are, by contacts.id.
  private func enrolled(
    _ version: ChainVersion, by occasion: Occasion, trigger: Int, _ db: Connection
  ) throws -> [Int64] {
    switch version.chain.triggers[trigger].enroll {
    case nil: return [occasion.row]
    case .relation(let kind): return try Relations().others(of: occasion.row, kind: kind, db)
    case .from(let reference):
      guard let value = try value(.from(reference), of: occasion, version, db) else { return [] }
      guard let id = value.string ?? value.number?.text, let contact = try people.find(id, db) else { return [] }
      return [contact.row]
    }
  }

  private func value(
    _ expression: ValueExpression, of occasion: Occasion, _ version: ChainVersion, _ db: Connection
  ) throws -> JSONValue? {
    guard let contact = try occasion.contact() else { return nil }
    let event = try occasion.fact()
    let run = newRun(of: version, Entrant(contact: contact, actor: nil, trigger: 0), occasion, by: event)
    return try Evaluator(
      view: views.view(of: contact, for: run, db), run: RunScope(entering: event), now: occasion.now
    ).value(expression)
  }

  private func begin(
    _ version: ChainVersion, _ entrant: Entrant, _ occasion: Occasion, _ round: inout EngineRound, _ db: Connection
  ) throws {
    let (trigger, now) = (try occasion.fact(), occasion.now)
    let run = newRun(of: version, entrant, occasion, by: trigger)
    let view = views.view(of: entrant.contact, for: run, db)
    if let onlyIf = version.chain.onlyIf {
      let evaluator = Evaluator(view: view, run: RunScope(entering: trigger), now: now)
      guard try evaluator.evaluate(onlyIf).holds else { return }
    }
    if ChainEvent.isOfItsMoment(trigger.type), !ChainEvent.isTimed(trigger.type),
      version.chain.isTooLate(due: now, lateness: max(0, round.now - now), in: view.zone)
    {
      return count(run, version, step: "", outcome: Counters.lateEntry)
    }
    let contact = entrant.contact.row
    if occasion.event.contact != nil, !ChainEvent.isTimed(occasion.event.type),
      try Entries().isTooOften(chain: version.number, contact: contact, key: run.key, now: now, db)
    {
      count(run, version, step: "", outcome: "too_often")
      return report("\(version.id) was not entered: the server's own events led to it too often")
    }
    switch try Entries().decide(version, contact: contact, key: run.key, zone: view.zone, now: now, db) {
    case .refused: return
    case .replaces(let ids): for id in ids { try replace(id, now: now, &round, db) }
    case .free: break
    }
    var transition = try StepFunction.enter(
      run, chain: version.chain, rules: rules, view: view, trigger: trigger, now: now,
      lateness: max(0, round.now - now))
    // The unique indexes have the last word.
    let (once, exclusive) = (version.chain.reenter == .never, version.chain.reenter != .always)
    guard let id = try runs.insert(transition.run, once: once, exclusive: exclusive, db) else { return }
    transition.run.id = id
    recent.keep(transition.run, db)
    try recent.keep(occasion, db)
    try record(transition, .entry, at: now, seq: trigger.seq, late: round.now - now, db)
    try say(ChainEvent.entered, of: transition.run, version, wall: round.now.milliseconds, db)
    try carryOut(transition, version, now: now, &round, db)
  }

  /// Before it is stored.
  private func newRun(
    of version: ChainVersion, _ entrant: Entrant, _ occasion: Occasion, by trigger: EventFact
  ) -> Run {
    let now = occasion.now
    var run = Run(
      id: 0, chain: version.number, version: version.version, contact: entrant.contact.row,
      key: version.chain.per.map { Chain.key($0, of: trigger) } ?? "", state: .active, step: 0, enteredAt: now,
      entry: trigger.moment, triggerSeq: trigger.seq, stepStart: LogMoment(at: now, seq: trigger.seq), stepDueAt: nil,
      dueAt: nil, data: [:], marks: [:], goalUntil: nil, endedAt: nil, reason: nil)
    (run.actor, run.enteredBy) = (entrant.actor, entrant.trigger)
    return run
  }

  private func replace(_ id: Int64, now: Timestamp, _ round: inout EngineRound, _ db: Connection) throws {
    guard let run = try runs.run(id, db), let old = try catalog.version(run.chain, run.version, db) else { return }
    try end(run, old, reason: "restarted", now: now, &round, db)
  }
}
