import Domain
import Ingest
import JSON
import SQL

/// Keeps every segment's members those whom its condition describes: an event asks the segments anew that it may change,
/// for its own contact alone, and so does a moment at which time alone may change the answer. On the writer's thread.
///
/// Without segments it costs nothing. An event costs one look-up for each segment that listens to its type, and the
/// contact's rows are read only for those that it may change.
final class LiveSegments {
  /// What made someone a member, or one no more. Chains start by the first two alone, unless they ask for others.
  enum Cause: String {
    case event, time
    /// The scores of all have new boundaries.
    case boundaries
    /// Events that were loaded later than they count.
    case history
    /// Neither said nor anybody's entry: the first members, or those of another condition.
    case computed
  }

  let views: ContactViews
  let poison: PoisonGuard
  let report: (String) -> Void
  let memberships = Memberships()
  let people = People()
  /// The newest contact that the live segments know of, contacts.id. Follows the file.
  var known: Int64 = 0
  var storedKnown: Int64 = 0
  /// A moment before which nothing is due; nil: not known.
  private var quietUntil: Timestamp?
  /// How many members came and went since the last write, by segments.number.
  private var gained: [Int64: Int64] = [:]
  var hasSlicesLeft = false
  /// Segments that are gone and still have rows.
  var leaving: [Int64] = []

  init(_ views: ContactViews, _ poison: PoisonGuard, report: @escaping (String) -> Void) {
    (self.views, self.poison, self.report) = (views, poison, report)
  }

  var catalog: SegmentCatalog { views.segments }

  /// Contacts that are asked about at once when an event brings someone new; more are gone through in slices.
  private static let mostNewAtOnce: Int64 = 64

  /// The event's contact is asked about by all that the event may change.
  func act(on occasion: Occasion, isFresh: Bool, now wall: Timestamp, _ db: Connection) throws {
    guard !catalog.isEmpty else { return }
    let cause: Cause = !isFresh ? .history : try Self.isOfBoundaries(occasion) ? .boundaries : .event
    if occasion.row > known {
      // Those between have been made by calls, or far too many are new: they are greeted later, and he is asked now.
      let isNear = occasion.row - known <= Self.mostNewAtOnce
      for row in isNear ? known + 1...occasion.row : occasion.row...occasion.row {
        try ask(
          nil, of: row, memberships.states(of: row, db), now: occasion.now, row == occasion.row ? cause : .event,
          wall: wall, db)
      }
      if isNear { known = occasion.row }
      return
    }
    let asked = try asked(by: occasion)
    if asked.isEmpty { return }
    let states = try memberships.states(of: occasion.row, db)
    let open = try asked.filter { try !isSettled(occasion, catalog.entries[$0], states) }
    if !open.isEmpty { try ask(open, of: occasion.row, states, now: occasion.now, cause, wall: wall, db) }
  }

  /// Whether the event can only make more of what is known already: most come from those who are in, or out, anyway.
  private func isSettled(
    _ occasion: Occasion, _ entry: SegmentCatalog.Entry, _ states: [Int64: Memberships.State]
  ) throws -> Bool {
    let event = occasion.event
    // History may be older than what was known of him; what the server says may be that his zone is another.
    guard event.at == event.acceptedAt, event.contact == nil else { return false }
    let push = try entry.condition.push(of: event.type, occasion.fact().properties)
    guard push.leaves(states[entry.number]?.since != nil), let contact = try occasion.contact() else { return false }
    return event.at >= contact.firstSeenAt
  }

  private func asked(by occasion: Occasion) throws -> Set<Int> {
    let type = occasion.event.type
    var asked: Set<Int> = []
    for place in catalog.listening(to: type) {
      let entry = catalog.entries[place]
      if covers(entry, occasion.row), try entry.screens[type]?.lets(occasion) ?? false { asked.insert(place) }
    }
    guard occasion.event.contact != nil else { return asked }
    if type == ContactEvent.merged {
      return Set(catalog.entries.indices.filter { covers(catalog.entries[$0], occasion.row) })
    }
    if type == ContactChange.type, try Self.movesZone(occasion) {
      for (place, entry) in catalog.entries.enumerated() where entry.dependsOnZone && covers(entry, occasion.row) {
        asked.insert(place)
      }
    }
    return asked
  }

  private static func isOfBoundaries(_ occasion: Occasion) throws -> Bool {
    guard occasion.event.contact != nil, occasion.event.type == RfmRule.moved else { return false }
    return try occasion.fact().properties["cause"]?.string == Cause.boundaries.rawValue
  }

  private static func movesZone(_ occasion: Occasion) throws -> Bool {
    try ContactChange(occasion.fact())?.fields.contains("time_zone") ?? false
  }

  /// Whether the contact's membership is known, and has to be kept so.
  func covers(_ entry: SegmentCatalog.Entry, _ contact: Int64) -> Bool {
    contact <= (entry.state == .live ? known : entry.walked)
  }

  /// What is wrong with one contact is his own: the others are asked.
  /// - Returns: false where it could not be asked.
  @discardableResult
  func askAlone(
    _ places: Set<Int>?, of row: Int64, now: Timestamp, _ cause: Cause, wall: Timestamp, _ db: Connection
  ) throws -> Bool {
    do {
      // Of one alone, as when it grows due: another one of his may be well.
      let alone = places.flatMap { $0.count == 1 ? $0.first : nil }.map { -catalog.entries[$0].number }
      try poison.attempt(.init(.segments, row, alone ?? 0)) {
        try ask(places, of: row, memberships.states(of: row, db), now: now, cause, wall: wall, db)
      }
      return true
    } catch let error where !(error is SQLError || error is StoreUnavailable) {
      report("segments could not be asked of a contact: \(error)")
      return false
    }
  }

  /// Asks the segments at those places, all that are live where it is nil, and those that ask for one whose answer
  /// changes.
  private func ask(
    _ places: Set<Int>?, of row: Int64, _ states: [Int64: Memberships.State], now: Timestamp, _ cause: Cause,
    wall: Timestamp, _ db: Connection
  ) throws {
    guard let contact = try views.recent.contact(row, db) else { throw MissingContact(row: row) }
    let evaluator = views.evaluator(of: contact, now: now, db)
    var left = places ?? Set(catalog.entries.indices.filter { catalog.entries[$0].state == .live })
    if cause == .time {
      // What is due for him at the same moment is asked in its order, or an answer could rest on one that is over.
      for (number, state) in states where state.due.map({ $0 <= now }) ?? false {
        if let place = catalog.place(of: number), covers(catalog.entries[place], row) { left.insert(place) }
      }
    }
    var said: [IncomingEvent] = []
    // Each comes after those that it asks for.
    while let place = left.min() {
      left.remove(place)
      let entry = catalog.entries[place]
      let state = states[entry.number] ?? Memberships.State()
      let truth: Truth
      do { truth = try evaluator.evaluate(entry.condition) } catch let error
        where !(error is SQLError || error is StoreUnavailable)
      {
        report("the segment \(entry.id ?? "") could not be asked of a contact: \(error)")
        // Or it would be due again at once, for ever.
        if cause == .time { try memberships.put(Memberships.State(since: state.since), of: row, in: entry.number, db) }
        continue
      }
      guard try keep(truth, state, entry, contact: row, now: now, cause, db) else { continue }
      if let event = saying(truth.holds, entry, contact: row, at: now, cause) { said.append(event) }
      left.formUnion(catalog.dependents(of: place).filter { covers(catalog.entries[$0], row) })
    }
    if !said.isEmpty { try views.log.append(own: said, now: wall.milliseconds, db) }
  }

  /// Writes what differs.
  /// - Returns: whether he is a member now and was none, or the reverse.
  private func keep(
    _ truth: Truth, _ state: Memberships.State, _ entry: SegmentCatalog.Entry, contact: Int64, now: Timestamp,
    _ cause: Cause, _ db: Connection
  ) throws -> Bool {
    let due = truth.until.map { max($0, now + 1) }
    let isChanged = truth.holds != (state.since != nil)
    // One that comes too early asks again: most events put the moment off, and need not be written for that.
    let isEarly = state.due.map { known in known > now && due.map { known <= $0 } ?? true } ?? (due == nil)
    if !isChanged, isEarly { return false }
    var new = state
    new.due = due
    // Who is found by the first look has been one since there is that condition.
    if isChanged { new.since = truth.holds ? (cause == .computed ? min(now, entry.changedAt) : now) : nil }
    try memberships.put(new, of: contact, in: entry.number, db)
    sawDue(due)
    guard isChanged else { return false }
    gained[entry.number, default: 0] += truth.holds ? 1 : -1
    return true
  }

  /// Nil: nobody is told.
  private func saying(
    _ isMember: Bool, _ entry: SegmentCatalog.Entry, contact: Int64, at now: Timestamp, _ cause: Cause
  ) -> IncomingEvent? {
    if cause == .computed || cause == .history { return nil }
    if let when = entry.when {
      guard isMember, !when.isPaused, cause != .boundaries else { return nil }
      return ChainEvent.became(true: when.trigger, of: when.chainID, contact: contact, at: now)
    }
    return entry.id.map { id in
      let properties: JSONValue = ["segment": .string(id), "cause": .string(cause.rawValue)]
      return IncomingEvent(
        type: isMember ? SegmentEvent.entered : SegmentEvent.left, at: now, properties: properties.serialized(),
        contact: contact)
    }
  }
}

extension LiveSegments {
  /// Asks for those whom time alone may have changed before `moment`, oldest first.
  /// - Parameter acted: when the last event from outside that has acted was accepted: after a start timers act after those that were
  ///   accepted later, and conditions see no event of a later moment.
  /// - Returns: how many were asked.
  func fire(
    before moment: Timestamp, acted: Timestamp?, limit: Int, now wall: Timestamp, _ db: Connection
  ) throws -> Int {
    let due = try memberships.due(before: min(moment, wall + 1), limit: limit, db)
    quietUntil = nil
    for due in due {
      let place = catalog.place(of: due.segment).flatMap { covers(catalog.entries[$0], due.contact) ? $0 : nil }
      let now = max(due.at, acted ?? due.at)
      if let place, try askAlone([place], of: due.contact, now: now, .time, wall: wall, db) { continue }
      // Of a segment that is gone, whose new condition has not come to him yet, or that cannot be asked.
      try memberships.letGo(due, db)
    }
    return due.count
  }

  func nextDue(_ db: Connection) throws -> Timestamp? {
    if catalog.isEmpty, leaving.isEmpty { return nil }
    if quietUntil == nil { quietUntil = try memberships.nextDue(db) ?? Timestamp(milliseconds: .max) }
    return quietUntil.flatMap { $0.milliseconds == .max ? nil : $0 }
  }

  private func sawDue(_ moment: Timestamp?) {
    if let moment, let known = quietUntil { quietUntil = min(known, moment) }
  }

  /// Before the round's end: how many came and went.
  func write(_ db: Connection) throws {
    for (number, count) in gained.sorted(by: { $0.key < $1.key }) where count != 0 {
      try db.run("UPDATE segments SET members = members + $2 WHERE number = $1", [.int(number), .int(count)])
    }
    gained = [:]
    if known != storedKnown {
      try Facts.write(Self.knownFact, String(known), db)
      storedKnown = known
    }
  }

  static let knownFact = "segments.known"

  /// Whatever memory says may be wrong; the next refresh reads it.
  func forget() {
    (known, storedKnown, quietUntil, gained, hasSlicesLeft, leaving) = (0, 0, nil, [:], false, [])
    catalog.forget()
  }

  func unquiet() { quietUntil = nil }
}
