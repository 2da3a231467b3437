import Domain
import Ingest
import JSON
import SQL

/// The contact's newest events that could have let him in.
struct WhyEntries {
  let scene: WhyScene
  /// The version that is asked about; nil: for each event the one that was live then.
  let asked: WhyScene.Version?
  let current: WhyScene.Version

  /// Of each trigger so many events are looked up, and so many are told of all.
  static let looked = 5

  /// The newest first.
  func all() throws -> [WhyEntry] {
    var found: [Int64: (event: StoredEvent, trigger: Int)] = [:]
    for (index, trigger) in current.chain.triggers.enumerated() {
      for seq in try events(trigger) where found[seq] == nil {
        if let event = try scene.event(seq) { found[seq] = (event, index) }
      }
    }
    let newest = found.values.sorted { $0.event.seq > $1.event.seq }.prefix(Self.looked)
    let past = try ChainPast(scene.chain.number, scene.db)
    return try newest.map { event, trigger in
      let run = try run(begunBy: event.seq)
      var version = asked ?? current
      if asked == nil, let then = run?.version ?? past.state(at: event.acceptedAt)?.version {
        version = try scene.version(then) ?? current
      }
      return try WhyEntry(
        event, version,
        trigger: try self.trigger(for: event, in: version) ?? min(trigger, version.chain.triggers.count - 1),
        run: run?.id, scene)
    }
  }

  /// What none of his events says: that there was none.
  func missing() throws -> [Check] {
    try current.chain.triggers.enumerated().map { index, trigger in
      let place = current.pointer(ofTrigger: index)
      let condition = current.document.value(at: place) ?? .null
      var check = Check(place, condition, holds: false, saw: ["events": 0], turn: wish(trigger))
      guard let to = trigger.schedule?.to else { return check }
      let nothing = EventFact(seq: 0, at: scene.now, type: "", properties: .object([:]))
      check.parts = [
        try scene.explainer(current, RunScope(entering: nothing), of: nil, at: scene.now).explain(to, at: place + "/to")
      ]
      return check
    }
  }

  private func wish(_ trigger: Trigger) -> String {
    switch trigger.kind {
    case .event(let type, let match):
      let event = "`\(type)`" + (match.map { " with " + $0.phrase } ?? "")
      let kept = scene.rules.retention.span(ofType: type).map { " (they are kept for \($0.text))" } ?? ""
      return switch trigger.enroll {
      case nil: "a \(event): there is none of his on record\(kept)"
      case .from(let reference)?: "a \(event) of somebody whose \(reference.text) names him"
      case .relation(let kind)?: "a \(event) of somebody who has him as his \(kind)"
      }
    case .api: return "a call of /v1/chains/\(scene.chain.id)/enroll that names him"
    case .date(let date): return "a \(date.path.text) of his that comes while the chain is live"
    case .schedule: return "the next time of the schedule, and that `to` holds for him then"
    }
  }

  private func events(_ trigger: Trigger) throws -> [Int64] {
    guard case .event(let type, _) = trigger.kind else { return try requests() }
    switch trigger.enroll {
    case nil, .from?: return try newest(type, of: scene.contact.row) { _ in true } + requests()
    case .relation(let kind)?:
      let sql = "SELECT contact FROM relations WHERE other = $1 AND kind = $2 LIMIT 10"
      let actors = try scene.db.query(sql, [.int(scene.contact.row), .text(kind)]) { $0.int(0) }
      return try actors.flatMap { try newest(type, of: $0) { _ in true } } + requests()
    }
  }

  /// Calls, other chains' steps, dates and schedules.
  private func requests() throws -> [Int64] {
    try [ChainEvent.requested, ChainEvent.date, ChainEvent.schedule].flatMap { type in
      try newest(type, of: scene.contact.row) { $0.properties["chain"]?.string == scene.chain.id }
    }
  }

  private func newest(_ type: String, of contact: Int64, _ fits: (EventFact) -> Bool) throws -> [Int64] {
    let number = try scene.db.first("SELECT id FROM event_types WHERE name = $1", [.text(type)]) { $0.int(0) }
    guard let number else { return [] }
    var found: [Int64] = []
    var seen = 0
    let events = TimelineEvents(timeline: scene.timeline, contact: contact, db: scene.db)
    try events.each(type, number, since: Timestamp(milliseconds: 0), until: scene.now) { event in
      if fits(event) { found.append(event.seq) }
      seen += 1
      return found.count < Self.looked && seen < Self.lookedThrough
    }
    return found
  }

  private static let lookedThrough = 200

  /// The trigger that the event would fit, else the first that listens to its type.
  private func trigger(for event: StoredEvent, in version: WhyScene.Version) throws -> Int? {
    let fact = try EventFact(event)
    if ChainEvent.isTimed(event.type) {
      let parsed = ChainVersion(
        number: scene.chain.number, id: scene.chain.id, version: version.number, chain: version.chain)
      return TimedTrigger.all(of: parsed).first { $0.key.name == fact.properties["trigger"]?.string }?.index
    }
    if event.type == ChainEvent.requested { return version.chain.triggers.firstIndex { $0.kind == .api } ?? 0 }
    let listening = version.chain.triggers.indices.filter { version.chain.triggers[$0].event == event.type }
    let evaluator = Evaluator(
      view: scene.view(of: nil, position: event.seq, at: event.acceptedAt), run: RunScope(entering: fact),
      now: event.acceptedAt)
    let fitting = try listening.first { index in
      guard case .event(_, let match?) = version.chain.triggers[index].kind else { return true }
      return try match.holds(for: fact.properties, resolve: evaluator.value)
    }
    return fitting ?? listening.first
  }

  private func run(begunBy seq: Int64) throws -> (id: Int64, version: Int64)? {
    let sql = """
      SELECT id, version FROM runs WHERE contact = $1 AND chain = $2 AND entry_seq = $3 ORDER BY id LIMIT 1
      """
    let parameters: [SQLValue] = [.int(scene.contact.row), .int(scene.chain.number), .int(seq)]
    return try scene.db.first(sql, parameters) { ($0.int(0), $0.int(1)) }
  }
}
