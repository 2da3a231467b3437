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

  init(_ views: ContactViews, report: @escaping (String) -> Void) { (self.views, self.report) = (views, report) }

  var catalog: SegmentCatalog { views.segments }

  /// Contacts that are asked about at once when an event brings someone new; more are gone through in slices.
  private static let mostNewAtOnce: Int64 = 64

  /// The event's contact is asked about by all that the event may change.
  func act(on occasion: Occasion, isFresh: Bool, now wall: Timestamp, _ db: Connection) throws {
    guard !catalog.isEmpty else { return }
    let cause: Cause = !isFresh ? .history : try Self.isOfBoundaries(occasion) ? .boundaries : .event
    if occasion.row > known, occasion.row - known <= Self.mostNewAtOnce {
      for row in known + 1...occasion.row {
        let cause: Cause = row == occasion.row ? cause : .event
        try ask(allOf: row, now: occasion.now, cause, wall: wall, db)
      }
      known = occasion.row
      return
    }
    let asked = try asked(by: occasion)
    if !asked.isEmpty { try ask(asked, of: occasion.row, now: occasion.now, cause, wall: wall, db) }
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

  func ask(allOf contact: Int64, now: Timestamp, _ cause: Cause, wall: Timestamp, _ db: Connection) throws {
    let live = catalog.entries.indices.filter { catalog.entries[$0].state == .live }
    try ask(Set(live), of: contact, now: now, cause, wall: wall, db)
  }

  /// Asks the segments at those places, and those that ask for one whose answer changes.
  func ask(
    _ places: Set<Int>, of row: Int64, now: Timestamp, _ cause: Cause, wall: Timestamp, _ db: Connection
  ) throws {
    guard let contact = try views.recent.contact(row, db) else { return }
    let states = try memberships.states(of: row, db)
    let evaluator = views.evaluator(of: contact, now: now, db)
    var left = places
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
        continue
      }
      guard try keep(truth, state, entry, contact: row, now: now, db) else { continue }
      if let event = saying(truth.holds, entry, contact: row, at: now, cause) { said.append(event) }
      left.formUnion(catalog.dependents(of: place).filter { covers(catalog.entries[$0], row) })
    }
    if !said.isEmpty { try views.log.append(own: said, now: wall.milliseconds, db) }
  }

  /// Writes what differs.
  /// - Returns: whether he is a member now and was none, or the reverse.
  private func keep(
    _ truth: Truth, _ state: Memberships.State, _ entry: SegmentCatalog.Entry, contact: Int64, now: Timestamp,
    _ db: Connection
  ) throws -> Bool {
    let due = truth.until.map { max($0, now + 1) }
    let isChanged = truth.holds != (state.since != nil)
    // One that comes too early asks again: most events put the moment off, and need not be written for that.
    let isEarly = state.due.map { known in known > now && due.map { known <= $0 } ?? true } ?? (due == nil)
    if !isChanged, isEarly { return false }
    var new = state
    new.due = due
    if isChanged { new.since = truth.holds ? now : nil }
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
  /// - Returns: how many were asked.
  func fire(before moment: Timestamp, limit: Int, now wall: Timestamp, _ db: Connection) throws -> Int {
    let due = try memberships.due(before: min(moment, wall + 1), limit: limit, db)
    quietUntil = nil
    for due in due {
      if let place = catalog.place(of: due.segment), covers(catalog.entries[place], due.contact),
        try views.recent.contact(due.contact, db) != nil
      {
        try ask([place], of: due.contact, now: due.at, .time, wall: wall, db)
      } else {
        // Of a segment that is gone, or whose new condition has not come to him yet.
        try memberships.letGo(due, db)
      }
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
