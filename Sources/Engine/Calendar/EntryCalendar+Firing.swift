import Domain
import Ingest
import JSON
import SQL

/// Entries that are due.
extension EntryCalendar {
  /// Says in the log who comes in of those due before `moment`, oldest first.
  /// - Returns: how many were looked at.
  func fire(before moment: Timestamp, limit: Int, now: Timestamp, _ db: Connection) throws -> Int {
    let due = try entries.due(before: min(moment, now + 1), limit: limit, db)
    quietUntil = nil
    var events: [IncomingEvent] = []
    for entry in due {
      do {
        events += try poison.attempt(.init(.moment, entry.contact, entry.timetable)) {
          try decide(entry, now: now, db)
        }
      } catch let error where !(error is SQLError || error is StoreUnavailable) {
        // What cannot be decided now never will: it must not stop the others.
        report("an entry by time was left out: \(error)")
        try drop(entry, db)
      }
    }
    if !events.isEmpty { try views.log.append(own: events, now: now.milliseconds, db) }
    return due.count
  }

  private func decide(_ entry: PlannedEntry, now: Timestamp, _ db: Connection) throws -> [IncomingEvent] {
    guard let timetable = timetables[entry.timetable], let trigger = triggers[timetable.key],
      let contact = try views.recent.contact(entry.contact, db), let due = entry.due
    else {
      try drop(entry, db)
      return []
    }
    if trigger.isPaused {
      try park(entry, db)
      return []
    }
    let saying: IncomingEvent?
    switch trigger.kind {
    case .date(let date): saying = try decide(entry, date, trigger, timetable, contact, due: due, now: now, db)
    case .schedule(let schedule):
      saying = try decide(entry, schedule, trigger, timetable, contact, due: due, now: now, db)
    case .segment, .when: saying = try decide(existing: entry, trigger, timetable, contact, due: due, now: now, db)
    case .event, .api: saying = nil
    }
    return saying.map { [$0] } ?? []
  }

  private func park(_ entry: PlannedEntry, _ db: Connection) throws {
    var entry = entry
    (entry.parked, entry.due) = (entry.due, nil)
    try entries.put(entry, db)
    parked.insert(entry.timetable)
  }

  /// Less is another clock's hour, and still the same occasion.
  static let sameOccasionMilliseconds: Int64 = 36 * 3_600_000

  private func decide(
    _ entry: PlannedEntry, _ date: DateTrigger, _ trigger: TimedTrigger, _ timetable: Timetable, _ contact: Contact,
    due: Timestamp, now: Timestamp, _ db: Connection
  ) throws -> IncomingEvent? {
    let value = self.date(date, timetable, contact)
    let moment = value.flatMap { date.moment(of: entry.occasion, $0, in: zone(of: contact)) }
    // The attribute, the rule or the clocks may have changed since.
    guard let value, let moment, moment <= now, abs(moment - due) < Self.sameOccasionMilliseconds else {
      try replan(entry, date, timetable, contact, from: max(timetable.since, contact.updatedAt), db)
      return nil
    }
    var done = entry
    done.done = entry.occasion
    try replan(done, date, timetable, contact, from: now, db)
    if isTooLate(trigger, contact, due: due, now: now) { return nil }
    let day = date.day(of: entry.occasion, value)?.text ?? ""
    return ChainEvent.timed(
      ChainEvent.date, trigger.key.name, of: trigger.version.id, contact: contact.row, at: due,
      occasion: entry.occasion, more: ("date", day))
  }

  private func decide(
    _ entry: PlannedEntry, _ schedule: ScheduleTrigger, _ trigger: TimedTrigger, _ timetable: Timetable,
    _ contact: Contact, due: Timestamp, now: Timestamp, _ db: Connection
  ) throws -> IncomingEvent? {
    guard let time = schedule.times.time(entry.occasion) else {
      try entries.delete(entry, db)
      return nil
    }
    let moment = zone(of: contact).moment(of: time.local)
    if !entry.isPlaced, moment > now {
      try wait(entry, until: moment, db)
      return nil
    }
    let event = ChainEvent.timed(
      ChainEvent.schedule, trigger.key.name, of: trigger.version.id, contact: contact.row, at: due,
      occasion: entry.occasion, more: ("time", time.local.text))
    guard !isTooLate(trigger, contact, due: due, now: now),
      try holds(schedule.to, for: contact, trigger, event, now: due, db)
    else {
      try entries.delete(entry, db)
      return nil
    }
    if let rate = schedule.rate, let place = try place(entry, timetable, rate, due: due, now: now, db), place > now {
      try wait(entry, until: place, isPlaced: true, db)
      return nil
    }
    try entries.delete(entry, db)
    return event
  }

  /// One for whom a trigger's condition was true when it was published, and is so now.
  private func decide(
    existing entry: PlannedEntry, _ trigger: TimedTrigger, _ timetable: Timetable, _ contact: Contact, due: Timestamp,
    now: Timestamp, _ db: Connection
  ) throws -> IncomingEvent? {
    guard !isTooLate(trigger, contact, due: due, now: now), try isExisting(contact, trigger, timetable, db) else {
      try entries.delete(entry, db)
      return nil
    }
    if let rate = trigger.version.chain.triggers[trigger.index].existing?.rate,
      let place = try place(entry, timetable, rate, due: due, now: now, db), place > now
    {
      try wait(entry, until: place, isPlaced: true, db)
      return nil
    }
    try entries.delete(entry, db)
    return ChainEvent.timed(
      ChainEvent.schedule, trigger.key.name, of: trigger.version.id, contact: contact.row, at: due, occasion: 0,
      more: ("existing", "true"))
  }

  /// Whether he was a member when the trigger began to be there, and has been one since.
  func isExisting(
    _ contact: Contact, _ trigger: TimedTrigger, _ timetable: Timetable, _ db: Connection
  ) throws -> Bool {
    guard let segment = views.segments.entry(for: trigger) else { return false }
    let since = try Memberships().states(of: contact.row, db)[segment.number]?.since
    return since.map { $0 <= timetable.since } ?? false
  }

  private func wait(_ entry: PlannedEntry, until moment: Timestamp, isPlaced: Bool = false, _ db: Connection) throws {
    var entry = entry
    (entry.due, entry.isPlaced) = (moment, isPlaced)
    try put(entry, db)
  }

  /// When the rate lets him come; nil: now. Who could not come at his place, since the server was down or the chain
  /// paused, gets another, or they would all come at once.
  private func place(
    _ entry: PlannedEntry, _ timetable: Timetable, _ rate: Rate, due: Timestamp, now: Timestamp, _ db: Connection
  ) throws -> Timestamp? {
    let isOverdue = now - due > Chain.lateAfterMilliseconds
    if entry.isPlaced, !isOverdue { return nil }
    // As it is now: others have been given places in the same round.
    var timetable = timetables[timetable.id] ?? timetable
    if timetable.paceRate != rate.text {
      timetable.pace.changeRate()
      timetable.paceRate = rate.text
    }
    let place = timetable.pace.place(from: isOverdue ? now : due, at: rate)
    try store(timetable, db)
    return place
  }

  /// Counted; then his occasion is past.
  private func isTooLate(_ trigger: TimedTrigger, _ contact: Contact, due: Timestamp, now: Timestamp) -> Bool {
    let version = trigger.version
    guard version.chain.isTooLate(due: due, lateness: max(0, now - due), in: zone(of: contact)) else { return false }
    views.counters.count(
      Counters.Key(chain: version.number, version: version.version, step: "", outcome: Counters.lateEntry))
    return true
  }

  private func holds(
    _ condition: Condition, for contact: Contact, _ trigger: TimedTrigger, _ event: IncomingEvent, now: Timestamp,
    _ db: Connection
  ) throws -> Bool {
    let fact = EventFact(
      seq: views.log.lastSeq + 1, at: now, type: event.type, properties: try EventProperties.value(event.properties))
    let moment = LogMoment(at: now, seq: fact.seq)
    let version = trigger.version
    let run = Run(
      id: 0, chain: version.number, version: version.version, contact: contact.row, key: "", state: .active, step: 0,
      enteredAt: now, entry: moment, triggerSeq: fact.seq, stepStart: moment, stepDueAt: nil, dueAt: nil, data: [:],
      marks: [:], goalUntil: nil, endedAt: nil, reason: nil)
    let view = views.view(of: contact, for: run, db)
    return try Evaluator(view: view, run: RunScope(entering: fact), now: now).evaluate(condition).holds
  }

  /// An event that was said just before its chain was paused: it waits for the chain to go on.
  static func putBack(
    _ chain: Int64, _ trigger: String, _ contact: Int64, occasion: Int64, due: Timestamp, _ db: Connection
  ) throws {
    let sql = "SELECT id FROM timetables WHERE chain = $1 AND trigger = $2 AND occasion IN (0, $3) AND state = 'open'"
    guard let id = try db.first(sql, [.int(chain), .text(trigger), .int(occasion)], { $0.int(0) }) else { return }
    let entries = PlannedEntries()
    var entry =
      try entries.entry(id, contact, db) ?? PlannedEntry(timetable: id, contact: contact, occasion: occasion)
    (entry.occasion, entry.due, entry.parked, entry.isPlaced) = (occasion, nil, due, false)
    try entries.put(entry, db)
  }
}
