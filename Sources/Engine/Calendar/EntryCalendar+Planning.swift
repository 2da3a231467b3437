import Domain
import Ingest
import JSON
import SQL

/// Planning: a slice of what there is to do goes into each round.
extension EntryCalendar {
  private static let page = 64
  /// Entries of a resumed chain that are let go in a round.
  private static let unparked = 256

  /// - Parameters:
  ///   - limit: contacts that are gone through at most; at least a page of them, whatever `isOver` says.
  ///   - isOver: whether the round's time is up.
  func plan(now: Timestamp, limit: Int, isOver: () -> Bool, _ db: Connection) throws {
    hasSlicesLeft = false
    if timetables.isEmpty { return }
    for id in parked.sorted() { try unpark(id, db) }
    let newest = try people.newest(db)
    for timetable in ordered where timetable.state == .coming { try open(timetable, now: now, newest: newest, db) }
    // A page of them, whatever the time.
    var left = limit
    var isBegun = false
    let isOver = {
      defer { isBegun = true }
      return isBegun && isOver()
    }
    for timetable in ordered where timetable.state == .open && timetable.walked < newest {
      try walk(timetable, to: newest, now: now, &left, isOver: isOver, db)
    }
    for timetable in ordered where timetable.state == .open && timetable.occasion != 0 {
      try close(timetable, newest: newest, now: now, db)
    }
  }

  /// Of a trigger that is gone too: what is due then goes.
  private func unpark(_ id: Int64, _ db: Connection) throws {
    guard let timetable = timetables[id], triggers[timetable.key]?.isPaused != true else { return }
    quietUntil = nil
    if try entries.unpark(id, limit: Self.unparked, db) == Self.unparked {
      hasSlicesLeft = true
    } else {
      parked.remove(id)
    }
  }

  /// Of the times that a server has slept through only the newest is taken up.
  private func open(_ coming: Timetable, now: Timestamp, newest: Int64, _ db: Connection) throws {
    guard case .schedule(let schedule)? = triggers[coming.key]?.kind, var time = time(of: coming), time.opening <= now
    else { return }
    var next = schedule.times.next(after: time.number, from: time.local.date)
    while let following = next, following.opening <= now, time.latest <= now {
      time = following
      next = schedule.times.next(after: time.number, from: time.local.date)
    }
    var opened = coming
    if time.number != coming.occasion {
      opened.state = .over
      try store(opened, db)
      opened = try timetableStore.insert(coming.key, occasion: time.number, state: .coming, since: coming.since, db)
    }
    (opened.state, opened.known) = (.open, newest)
    try store(opened, db)
    if let next { try announce(next, of: coming.key, since: coming.since, db) }
  }

  private func walk(
    _ timetable: Timetable, to newest: Int64, now: Timestamp, _ left: inout Int, isOver: () -> Bool, _ db: Connection
  ) throws {
    guard let trigger = triggers[timetable.key] else { return }
    // Whose members are still being looked for is waited for.
    if trigger.takesMembers, views.segments.entry(for: trigger)?.state != .live { return }
    var timetable = timetable
    while timetable.walked < newest {
      if left <= 0 || isOver() {
        hasSlicesLeft = true
        break
      }
      let contacts = try people.page(after: timetable.walked, limit: min(Self.page, left), db)
      for contact in contacts { try plan(contact, trigger, timetable, now: now, db) }
      timetable.walked = contacts.last?.row ?? newest
      left -= max(1, contacts.count)
    }
    try store(timetable, db)
  }

  private func plan(
    _ contact: Contact, _ trigger: TimedTrigger, _ timetable: Timetable, now: Timestamp, _ db: Connection
  ) throws {
    // Who has come since then is none too late for what was before him.
    let isNew = contact.row > timetable.known
    switch trigger.kind {
    case .date(let date):
      try plan(date, timetable, contact, from: isNew ? now : timetable.since, now: now, db)
    case .schedule(let schedule):
      guard let time = schedule.times.time(timetable.occasion) else { return }
      let moment = zone(of: contact).moment(of: time.local)
      if case .every = schedule.times, moment < timetable.since { return }
      if isNew, moment < now { return }
      try put(
        PlannedEntry(timetable: timetable.id, contact: contact.row, occasion: timetable.occasion, due: moment), db)
    case .segment, .when:
      // Who has come since then comes in by what he does.
      guard !isNew, try isExisting(contact, trigger, timetable, db) else { return }
      try put(PlannedEntry(timetable: timetable.id, contact: contact.row, occasion: 0, due: now), db)
    case .event, .api: break
    }
  }

  /// The contact's next occasion, from `moment` on. What is overdue stays: `late` decides about it.
  func plan(
    _ date: DateTrigger, _ timetable: Timetable, _ contact: Contact, from moment: Timestamp, now: Timestamp,
    _ db: Connection
  ) throws {
    let entry = try entries.entry(timetable.id, contact.row, db)
    if let entry, entry.parked != nil || entry.due.map({ $0 <= now }) ?? false { return }
    if var entry, let due = entry.due, let value = self.date(date, timetable, contact),
      let past = date.moment(of: entry.occasion, value, in: zone(of: contact)), past <= now,
      due - past < Self.sameOccasionMilliseconds
    {
      // By other clocks it has just been: it is his all the same.
      entry.due = past
      return try put(entry, db)
    }
    try replan(entry, date, timetable, contact, from: max(moment, contact.updatedAt), db)
  }

  func replan(
    _ entry: PlannedEntry?, _ date: DateTrigger, _ timetable: Timetable, _ contact: Contact, from moment: Timestamp,
    _ db: Connection
  ) throws {
    let zone = zone(of: contact)
    let next = self.date(date, timetable, contact).flatMap {
      date.next($0, in: zone, from: moment, after: entry?.done)
    }
    if let next {
      let planned = PlannedEntry(
        timetable: timetable.id, contact: contact.row, occasion: next.number, due: next.at, done: entry?.done)
      if planned != entry { try put(planned, db) }
    } else if let entry {
      try drop(entry, db)
    }
  }

  func put(_ entry: PlannedEntry, _ db: Connection) throws {
    sawDue(entry.due)
    try entries.put(entry, db)
  }

  /// Nothing is coming; what was his is remembered.
  func drop(_ entry: PlannedEntry, _ db: Connection) throws {
    guard entry.done != nil else { return try entries.delete(entry, db) }
    var entry = entry
    (entry.due, entry.parked) = (nil, nil)
    try entries.put(entry, db)
  }

  func date(_ date: DateTrigger, _ timetable: Timetable, _ contact: Contact) -> OccasionDate? {
    let isBuiltIn = date.path.parts.first.map(ContactFields.builtIn.contains) ?? false
    guard let value = date.path.value(in: isBuiltIn ? contact.json : .object(contact.attributes)), !value.isNull else {
      return nil
    }
    if let date = value.string.flatMap({ OccasionDate($0, in: zone(of: contact)) }) { return date }
    if told.insert(timetable.id).inserted {
      let chain = triggers[timetable.key]?.version.id ?? ""
      report("\(chain): \(date.path.text) of \(contact.publicID) is no date such as 2026-03-08, and there may be more")
    }
    return nil
  }

  /// Once a time is past everywhere, and everybody has come.
  private func close(_ timetable: Timetable, newest: Int64, now: Timestamp, _ db: Connection) throws {
    guard timetable.walked >= newest || triggers[timetable.key] == nil,
      let day = ScheduledTime.day(of: timetable.occasion),
      now > Zone.utc.moment(of: LocalTime(date: day.adding(days: 2), millisecondOfDay: 0)),
      try entries.isEmpty(timetable.id, db)
    else { return }
    var timetable = timetable
    timetable.state = .over
    try store(timetable, db)
    try timetableStore.forget(before: timetable, db)
  }
}

extension EntryCalendar {
  /// What a contact's change moves. An event that is none costs a comparison.
  func note(_ event: StoredEvent, now: Timestamp, _ db: Connection) throws {
    let isMerge = event.type == ContactEvent.merged
    guard !timetables.isEmpty, isMerge || event.type == ContactChange.type,
      let row = try event.contact.map({ try views.timeline.merged.survivor(of: $0, db) })
    else { return }
    let fields = ContactChange(try EventFact(event))?.fields ?? []
    // Of two that became one, either may have been planned.
    let isMoved = isMerge || fields.contains("time_zone")
    guard isMoved || !fields.isDisjoint(with: watched), let contact = try views.recent.contact(row, db) else { return }
    for timetable in ordered where timetable.state == .open {
      switch triggers[timetable.key]?.kind {
      case .date(let date)?:
        guard isMoved || date.path.parts.first.map(fields.contains) ?? false else { continue }
        try plan(date, timetable, contact, from: timetable.since, now: now, db)
      case .schedule?: if isMoved { try move(contact, in: timetable, now: now, db) }
      case .segment?, .when?, .event?, .api?, nil: break
      }
    }
  }

  private func move(_ contact: Contact, in timetable: Timetable, now: Timestamp, _ db: Connection) throws {
    guard let time = time(of: timetable), var entry = try entries.entry(timetable.id, contact.row, db),
      let due = entry.due, due > now, !entry.isPlaced
    else { return }
    entry.due = zone(of: contact).moment(of: time.local)
    try put(entry, db)
  }
}
