import Domain
import Ingest
import JSON
import SQL

extension RunSteps {
  /// Starts a run of `version` if the event is its trigger, `only_if` holds and `reenter` lets the contact in.
  func start(_ version: ChainVersion, by occasion: Occasion, _ round: inout EngineRound, _ db: Connection) throws {
    let (trigger, now) = (try occasion.fact(), occasion.event.acceptedAt)
    func evaluator(_ contact: Contact) -> Evaluator {
      Evaluator(view: view(of: contact, db), run: RunScope(entering: trigger), now: now)
    }
    // The event alone decides most: whose it is, is read only for what gets past.
    let fits = try version.chain.triggers.contains { candidate in
      guard candidate.event == trigger.type else { return false }
      return try candidate.match?.holds(for: trigger.properties) { expression in
        if case .literal(let value) = expression { return value }
        return try occasion.contact().flatMap { try evaluator($0).value(expression) }
      } ?? true
    }
    guard fits, let contact = try occasion.contact() else { return }
    if let onlyIf = version.chain.onlyIf, try !evaluator(contact).evaluate(onlyIf).holds { return }
    let key = version.chain.per.map { Chain.key($0, of: trigger) } ?? ""
    let zone = contact.zone ?? rules.shopZone
    if occasion.event.contact != nil, try Entries().isTooOften(version, contact: contact.row, key: key, now: now, db) {
      return report("\(version.id) was not entered: the server's own events led to it too often")
    }
    switch try Entries().decide(version, contact: contact.row, key: key, zone: zone, now: now, db) {
    case .refused: return
    case .replaces(let ids): for id in ids { try replace(id, now: now, round.now, db) }
    case .free: break
    }
    let run = Run(
      id: 0, chain: version.number, version: version.version, contact: contact.row, key: key, state: .active, step: 0,
      enteredAt: now, entry: trigger.moment, triggerSeq: trigger.seq, stepStart: LogMoment(at: now, seq: trigger.seq),
      stepDueAt: nil, dueAt: nil, data: [:], marks: [:], goalUntil: nil, endedAt: nil, reason: nil)
    var transition = try StepFunction.enter(
      run, chain: version.chain, rules: rules, view: view(of: contact, db), trigger: trigger, now: now,
      lateness: max(0, round.now - now))
    // The unique indexes have the last word.
    let (once, exclusive) = (version.chain.reenter == .never, version.chain.reenter != .always)
    guard let id = try runs.insert(transition.run, once: once, exclusive: exclusive, db) else { return }
    transition.run.id = id
    recent.keep(transition.run, db)
    try recent.keep(occasion, db)
    try carryOut(transition, version, of: occasion, now: now, &round, db)
  }

  /// Before there is a run: its messages are none.
  private func view(of contact: Contact, _ db: Connection) -> StoredContactView {
    StoredContactView(contact: contact, run: 0, log: log, timeline: timeline, rules: rules, db)
  }

  private func replace(_ id: Int64, now: Timestamp, _ wall: Timestamp, _ db: Connection) throws {
    guard let run = try runs.run(id, db), let old = try catalog.version(run.chain, run.version, db) else { return }
    try end(run, old, reason: "restarted", now: now, wall, db)
  }
}
