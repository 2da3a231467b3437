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

  /// An event, the trigger that listens to it, and whose it is.
  private struct Candidate {
    let event: StoredEvent
    let trigger: Int
    let doer: Int64
  }

  /// The newest first.
  func all() throws -> [WhyEntry] {
    var found: [Int64: Candidate] = [:]
    for (index, trigger) in current.chain.triggers.enumerated() {
      for (seq, doer) in try events(trigger) where found[seq] == nil {
        if let event = try scene.event(seq) { found[seq] = Candidate(event: event, trigger: index, doer: doer) }
      }
    }
    let newest = found.values.sorted { $0.event.seq > $1.event.seq }.prefix(Self.looked)
    let past = try ChainPast(scene.chain.number, scene.db)
    return try newest.map { candidate in
      let event = candidate.event
      let run = try run(begunBy: event.seq)
      var version = asked ?? current
      if asked == nil, let then = run?.version ?? past.state(at: event.acceptedAt)?.version {
        version = try scene.version(then) ?? current
      }
      let ends = try EntriesLeftAside.ends(scene.chain.number, seq: event.seq, scene.db)
      let fitting = ends == nil ? try trigger(for: candidate, in: version) : nil
      return try WhyEntry(
        event, version, trigger: fitting ?? min(candidate.trigger, version.chain.triggers.count - 1),
        by: try People().contact(candidate.doer, scene.db), run: run?.id, endsOfProcess: ends, scene)
    }
  }

  /// What none of his events says: that there was none.
  func missing() throws -> [Check] {
    try current.chain.triggers.enumerated().map { index, trigger in
      let place = current.pointer(ofTrigger: index)
      var check = Check(place, current.document.value(at: place) ?? .null, holds: false, saw: ["events": 0])
      check.turn = wish(trigger)
      switch trigger.kind {
      case .event, .api: return check
      case .segment(let segment):
        check.parts = [try explainedNow(.segment(segment.id), at: place)]
        return check
      case .when(let condition, _):
        check.parts = [try explainedNow(condition, at: place + "/when")]
        return check
      case .date(let date): return try WhyTime(scene, current, place).explain(date, index, check)
      case .schedule(let schedule): return try WhyTime(scene, current, place).explain(schedule, index, check)
      }
    }
  }

  private func explainedNow(_ condition: Condition, at place: String) throws -> Check {
    try scene.explainer(current, .none(at: scene.now), of: nil, at: scene.now).explain(condition, at: place)
  }

  private func wish(_ trigger: Trigger) -> String {
    switch trigger.kind {
    case .event(let type, let match):
      let event = "`\(type)`" + (match.map { " with " + $0.phrase } ?? "")
      let kept = scene.rules.retention.span(ofType: type).map { " (they are kept for \($0.text))" } ?? ""
      return switch trigger.enroll {
      case nil: "a \(event): there is none of his on record\(kept)"
      case .from(let reference)?: "a \(event) of somebody whose \(reference.text) names him\(kept)"
      case .relation(let kind)?: "a \(event) of somebody who has him as his \(kind)\(kept)"
      }
    case .api: return "a call of /v1/chains/\(scene.chain.id)/enroll that names him"
    case .date, .schedule: return ""
    case .segment(let segment):
      return segment.isLeaving
        ? "his leaving the segment `\(segment.id)`" : "his falling into the segment `\(segment.id)`"
    case .when: return "its condition becoming true for him"
    }
  }

  private func events(_ trigger: Trigger) throws -> [(seq: Int64, doer: Int64)] {
    let me = scene.contact.row
    func newest(of doer: Int64, _ type: String) throws -> [(seq: Int64, doer: Int64)] {
      try self.newest(type, of: doer) { _ in true }.map { ($0, doer) }
    }
    let requests = try requests().map { (seq: $0, doer: me) }
    guard case .event(let type, _) = trigger.kind else { return requests }
    switch trigger.enroll {
    case nil: return try newest(of: me, type) + requests
    case .from(let reference)?: return try naming(reference, type) + newest(of: me, type) + requests
    case .relation(let kind)?:
      let sql = "SELECT contact FROM relations WHERE other = $1 AND kind = $2 ORDER BY contact LIMIT 10"
      let doers = try scene.db.query(sql, [.int(me), .text(kind)]) { $0.int(0) }
      return try (doers + [me]).flatMap { try newest(of: $0, type) } + requests
    }
  }

  /// Of the log's newest events those of the type that name the contact, whoever did them.
  private func naming(_ reference: Reference, _ type: String) throws -> [(seq: Int64, doer: Int64)] {
    guard let number = try number(of: type) else { return [] }
    let sql = """
      SELECT seq FROM events WHERE seq > (SELECT max(seq) FROM events) - $2 AND type = $1 ORDER BY seq DESC LIMIT $3
      """
    let parameters: [SQLValue] = [.int(number), .int(Self.logLookedThrough), .int(Self.lookedThrough)]
    var found: [(seq: Int64, doer: Int64)] = []
    for seq in try scene.db.query(sql, parameters, { $0.int(0) }) where found.count < Self.looked {
      guard let event = try scene.event(seq), let row = try scene.doer(of: event), row != scene.contact.row,
        let doer = try People().contact(row, scene.db)
      else { continue }
      let value = try scene.value(.from(reference), of: try EventFact(event), by: doer, at: event.decidedAt)
      guard let id = value?.string ?? value?.number?.text else { continue }
      if try People().find(id, scene.db)?.row == scene.contact.row { found.append((seq, row)) }
    }
    return found
  }

  /// No index leads to what events name.
  private static let logLookedThrough = 20_000

  /// Calls, other chains' steps, dates and schedules.
  private func requests() throws -> [Int64] {
    try [ChainEvent.requested, ChainEvent.date, ChainEvent.schedule].flatMap { type in
      try newest(type, of: scene.contact.row) { $0.properties["chain"]?.string == scene.chain.id }
    }
  }

  private func newest(_ type: String, of contact: Int64, _ fits: (EventFact) -> Bool) throws -> [Int64] {
    guard let number = try number(of: type) else { return [] }
    var found: [Int64] = []
    var seen = 0
    let events = TimelineEvents(
      scene.timeline, contact: contact, type: type, number: number, until: scene.now, scene.db)
    try events.each(since: Timestamp(milliseconds: 0)) { event in
      if fits(event) { found.append(event.seq) }
      seen += 1
      return found.count < Self.looked && seen < Self.lookedThrough
    }
    return found
  }

  private static let lookedThrough = 200

  private func number(of type: String) throws -> Int64? {
    try scene.db.first("SELECT id FROM event_types WHERE name = $1", [.text(type)]) { $0.int(0) }
  }

  /// The trigger that the event would fit, else the first that listens to its type; of another's event one that enrolls.
  private func trigger(for candidate: Candidate, in version: WhyScene.Version) throws -> Int? {
    let event = candidate.event
    let fact = try EventFact(event)
    if ChainEvent.isTimed(event.type) {
      let parsed = ChainVersion(
        number: scene.chain.number, id: scene.chain.id, version: version.number, chain: version.chain)
      return TimedTrigger.all(of: parsed).first { $0.key.name == fact.properties["trigger"]?.string }?.index
    }
    if event.type == ChainEvent.requested { return version.chain.triggers.firstIndex { $0.kind == .api } ?? 0 }
    let isOwn = candidate.doer == scene.contact.row
    let triggers = version.chain.triggers
    let all = triggers.indices.filter { triggers[$0].event == event.type }
    let listening =
      all.filter { (triggers[$0].enroll == nil) == isOwn } + all.filter { (triggers[$0].enroll == nil) != isOwn }
    let doer = try People().contact(candidate.doer, scene.db) ?? scene.contact
    let fitting = try listening.first { index in
      guard case .event(_, let match?) = version.chain.triggers[index].kind else { return true }
      return try match.holds(for: fact.properties) {
        try scene.value($0, of: fact, by: doer, at: event.decidedAt)
      }
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
