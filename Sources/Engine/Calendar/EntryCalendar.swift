import Domain
import SQL

/// Who comes into chains by time. Keeps in the file what is coming, each for a moment of its own contact's clock; when
/// one has come, it is said in the log and acts as an event like all others. On the writer's thread.
///
/// Without chains that have such triggers it costs nothing. An open timetable costs one look-up a round.
final class EntryCalendar {
  let views: ContactViews
  let poison: PoisonGuard
  let report: (String) -> Void
  let timetableStore = TimetableStore()
  let entries = PlannedEntries()
  let people = People()
  /// Of the versions that new runs walk, of paused chains too.
  private(set) var triggers: [TimedTrigger.Key: TimedTrigger] = [:]
  /// Those that are not over. Follows the file; a rollback makes the calendar read it anew.
  var timetables: [Int64: Timetable] = [:]
  /// Fields of contacts that date triggers look at.
  private(set) var watched: Set<String> = []
  /// Timetables with entries that a pause has stopped.
  var parked: Set<Int64> = []
  /// A moment before which no entry is due; nil: not known.
  var quietUntil: Timestamp?
  /// Contacts are being gone through, or entries let go, a slice a round, and there are more of them.
  var hasSlicesLeft = false
  /// Timetables about whose unreadable dates a line was written.
  var told: Set<Int64> = []

  init(_ views: ContactViews, _ poison: PoisonGuard, report: @escaping (String) -> Void) {
    (self.views, self.poison, self.report) = (views, poison, report)
  }

  var rules: Rules { views.rules }

  /// Once the catalog was read anew: opens timetables for triggers that are new, and leaves alone what is no longer
  /// there. What is planned for a trigger that is gone goes when it is due.
  func refresh(now: Timestamp, _ db: Connection) throws {
    quietUntil = nil
    triggers = Dictionary(try TimedTrigger.live(in: views.catalog, db).map { ($0.key, $0) }) { $1 }
    timetables = Dictionary(try timetableStore.current(db).map { ($0.id, $0) }) { $1 }
    for timetable in ordered where triggers[timetable.key] == nil { try withdraw(timetable, db) }
    watched = []
    for trigger in triggers.values.sorted(by: { ($0.key.chain, $0.index) < ($1.key.chain, $1.index) }) {
      switch trigger.kind {
      case .date(let date):
        if let field = date.path.parts.first { watched.insert(field) }
        try keep(date, trigger, now: now, db)
      case .schedule(let schedule): try keep(schedule, trigger, now: now, db)
      case .segment(let segment):
        if segment.existing != nil { try keep("member of " + segment.id, trigger, now: now, db) }
      case .when(let condition, let existing): if existing != nil { try keep(condition.text, trigger, now: now, db) }
      case .event, .api: break
      }
    }
    parked = try Set(timetables.keys.filter { try entries.hasParked($0, db) })
  }

  var ordered: [Timetable] { timetables.values.sorted { $0.id < $1.id } }

  private func withdraw(_ timetable: Timetable, _ db: Connection) throws {
    if timetable.state == .coming {
      timetables[timetable.id] = nil
      try timetableStore.delete(timetable.id, db)
    } else if !timetable.rule.isEmpty {
      var timetable = timetable
      timetable.rule = ""
      try store(timetable, db)
    }
  }

  func store(_ timetable: Timetable, _ db: Connection) throws {
    timetables[timetable.id] = timetable.state == .over ? nil : timetable
    try timetableStore.update(timetable, db)
  }

  private func keep(_ date: DateTrigger, _ trigger: TimedTrigger, now: Timestamp, _ db: Connection) throws {
    try keep(date.rule + " " + rules.shopZone.identifier, trigger, now: now, db)
  }

  /// Another rule begins the walk through the contacts anew.
  private func keep(_ rule: String, _ trigger: TimedTrigger, now: Timestamp, _ db: Connection) throws {
    guard var known = timetables.values.first(where: { $0.key == trigger.key }) else {
      let made = try timetableStore.insert(
        trigger.key, occasion: 0, state: .open, rule: rule, since: now, known: try people.newest(db), db)
      timetables[made.id] = made
      return
    }
    guard known.rule != rule else { return }
    (known.rule, known.since, known.known, known.walked) = (rule, now, try people.newest(db), 0)
    try store(known, db)
  }

  /// There is always one timetable for the next time; one is made for a broadcast only while it is still to come.
  private func keep(
    _ schedule: ScheduleTrigger, _ trigger: TimedTrigger, now: Timestamp, _ db: Connection
  ) throws {
    if let coming = timetables.values.first(where: { $0.key == trigger.key && $0.state == .coming }) {
      if schedule.times.time(coming.occasion) != nil { return }
      try withdraw(coming, db)
    }
    let newest = try timetableStore.newest(trigger.key, db)
    switch schedule.times {
    case .once(let local):
      guard newest == nil, rules.shopZone.moment(of: local) > now,
        let time = schedule.times.next(after: nil, from: local.date)
      else { return }
      try announce(time, of: trigger.key, since: now, db)
    case .every:
      let yesterday = rules.shopZone.local(now).date.adding(days: -1)
      var next = schedule.times.next(after: newest, from: yesterday)
      while let time = next, time.latest <= now { next = schedule.times.next(after: time.number, from: yesterday) }
      if let next { try announce(next, of: trigger.key, since: now, db) }
    }
  }

  func announce(_ time: ScheduledTime, of key: TimedTrigger.Key, since: Timestamp, _ db: Connection) throws {
    let made = try timetableStore.insert(key, occasion: time.number, state: .coming, since: since, db)
    timetables[made.id] = made
  }

  /// Whatever memory says may be wrong; the next refresh reads it.
  func forget() { (triggers, timetables, watched, parked, quietUntil) = ([:], [:], [], [], nil) }

  /// The time that a timetable is for, by the schedule as it is now; nil for a date trigger's.
  func time(of timetable: Timetable) -> ScheduledTime? {
    guard case .schedule(let schedule)? = triggers[timetable.key]?.kind else { return nil }
    return schedule.times.time(timetable.occasion)
  }

  func zone(of contact: Contact) -> Zone { contact.zone ?? rules.shopZone }
}

extension EntryCalendar {
  /// When the next entry is due.
  func nextDue(_ db: Connection) throws -> Timestamp? {
    if quietUntil == nil { quietUntil = try entries.nextDue(db) ?? Timestamp(milliseconds: .max) }
    return quietUntil.flatMap { $0.milliseconds == .max ? nil : $0 }
  }

  /// When there is something to do by time alone.
  func nextMoment(_ db: Connection) throws -> Timestamp? {
    let opening = timetables.values.filter { $0.state == .coming }.compactMap { time(of: $0)?.opening }.min()
    return [try nextDue(db), opening].compactMap { $0 }.min()
  }

  func sawDue(_ moment: Timestamp?) {
    if let moment, let known = quietUntil { quietUntil = min(known, moment) }
  }
}

extension ScheduledTime {
  /// When planning for it begins: contacts by the million take a while.
  var opening: Timestamp { earliest + -3_600_000 }
}
