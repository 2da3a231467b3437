import Domain
import SQL

/// Works out segments' average gaps: on the schedule of the boundaries, and at once where one is asked for that was never
/// worked out. Then segments that compare with it are asked anew about everybody, as new boundaries are: it is nobody's
/// doing. All in slices, while every event has acted; on the writer's thread, inside the engine's transaction.
///
/// Without such conditions it costs nothing.
final class AverageBook {
  /// The newest of a member's events that are looked at.
  private static let eventsLookedAt = 1_000
  private static let page = 64

  private let views: ContactViews
  private let segments: LiveSegments
  private let averages = SegmentAverages()
  private let memberships = Memberships()
  private let people = People()
  private var wanted: Set<AverageWanted> = []
  /// When each is to be worked out next; 1970: it never was. Nil: to be read from the file.
  private var due: [AverageWanted: Timestamp]?
  private var walk: AverageWalk?
  /// Nil: to be read from the file.
  private var asking: AverageAsking?
  private(set) var hasSlicesLeft = false

  init(_ views: ContactViews, _ segments: LiveSegments) { (self.views, self.segments) = (views, segments) }

  private var catalog: SegmentCatalog { views.segments }

  /// Once chains and segments were read anew.
  func refresh(_ db: Connection) throws {
    wanted = catalog.entries.reduce(into: []) { $0.formUnion($1.condition.averagesWanted) }
    for entry in views.catalog.all where entry.status == .live || entry.status == .paused {
      guard let number = entry.liveVersion, let version = try views.catalog.readable(entry.number, number, db) else {
        continue
      }
      wanted.formUnion(version.chain.averagesWanted)
    }
    due = nil
    if let walk, !wanted.contains(walk.wanted) { self.walk = nil }
  }

  func forget() { (wanted, due, walk, asking, hasSlicesLeft) = ([], nil, nil, nil, false) }

  /// When the next is to be worked out; what waits for its segment has no moment.
  func nextMoment(_ db: Connection) throws -> Timestamp? {
    try schedule(db).filter { members(of: $0.key) != nil }.values.min()
  }

  /// - Parameters:
  ///   - limit: of contacts.
  ///   - isOver: the round has no time left.
  func work(now: Timestamp, limit: Int, isOver: () -> Bool, _ db: Connection) throws {
    if wanted.isEmpty, walk == nil, asking?.isDone ?? false {
      hasSlicesLeft = false
      return
    }
    let size = min(Self.page, limit)
    var left = limit
    repeat {
      hasSlicesLeft = try slice(size, now: now, db)
      left -= size
    } while hasSlicesLeft && left > 0 && !isOver()
  }

  /// - Returns: whether there is more.
  private func slice(_ size: Int, now: Timestamp, _ db: Connection) throws -> Bool {
    let asking = try asking ?? AverageAsking.read(db)
    self.asking = asking
    if !asking.isDone {
      try ask(asking, size, now: now, db)
      return true
    }
    if walk == nil { walk = try next(now: now, db).map { AverageWalk(wanted: $0) } }
    guard let walk else { return false }
    try goOn(walk, size, now: now, db)
    return true
  }

  private func next(now: Timestamp, _ db: Connection) throws -> AverageWanted? {
    try schedule(db).filter { $0.value <= now && members(of: $0.key) != nil }.keys.min { $0.text < $1.text }
  }

  private func schedule(_ db: Connection) throws -> [AverageWanted: Timestamp] {
    if let due { return due }
    var found: [AverageWanted: Timestamp] = [:]
    for wanted in wanted {
      let computed = try averages.figure(wanted, db)?.computedAt
      found[wanted] = computed.flatMap(next) ?? Timestamp(milliseconds: 0)
    }
    due = found
    return found
  }

  private func next(after moment: Timestamp) -> Timestamp? {
    views.rules.rfm.nextBoundaries(after: moment, in: views.rules.shopZone)
  }

  /// segments.number, once its members are known.
  private func members(of wanted: AverageWanted) -> Int64? {
    catalog.entry(wanted.segment).flatMap { $0.state == .live ? $0.number : nil }
  }
}

// MARK: - Working out

extension AverageBook {
  private func goOn(_ old: AverageWalk, _ size: Int, now: Timestamp, _ db: Connection) throws {
    var walk = old
    // Its members are computed anew: then this is, too.
    guard let segment = members(of: walk.wanted) else {
      self.walk = nil
      return
    }
    let page = try memberships.page(of: segment, after: walk.walked, limit: size, db)
    for member in page {
      let decision = PoisonGuard.Decision(.segments, member.contact, .min)
      do {
        walk.add(
          try segments.poison.attempt(decision) { try gap(of: member.contact, walk.wanted, now: now, db) },
          of: member.contact)
      } catch let error as Poison {
        segments.report("an average was made without a contact: \(error)")
        walk.add(nil, of: member.contact)
      }
    }
    self.walk = page.isEmpty ? nil : walk
    if page.isEmpty { try finish(walk, now: now, db) }
  }

  private func finish(_ walk: AverageWalk, now: Timestamp, _ db: Connection) throws {
    let before = try averages.figure(walk.wanted, db)?.average
    let figure = SegmentAverages.Figure(computedAt: now, contacts: walk.contacts, average: walk.average)
    try averages.put(figure, for: walk.wanted, db)
    due?[walk.wanted] = next(after: now)
    guard figure.average != before else { return }
    let concerned = catalog.entries.filter { $0.condition.averagesWanted.contains(walk.wanted) }.map(\.number)
    guard !concerned.isEmpty else { return }
    let all = AverageAsking(walked: 0, segments: concerned.sorted())
    try all.write(db)
    asking = all
  }

  /// His own average gap in milliseconds; nil: he has no two such events.
  private func gap(of member: Int64, _ wanted: AverageWanted, now: Timestamp, _ db: Connection) throws -> Double? {
    guard let contact = try people.contact(member, db) else { return nil }
    let evaluator = views.evaluator(of: contact, now: now, db)
    var (count, first, last): (Int64, Timestamp, Timestamp) = (0, now, now)
    try views.view(of: contact, db).events(of: wanted.type, since: Timestamp(milliseconds: .min), until: now) { event in
      guard try wanted.match?.holds(for: event.properties, resolve: evaluator.value) ?? true else { return true }
      if count == 0 { last = event.at }
      (first, count) = (event.at, count + 1)
      return count < Self.eventsLookedAt
    }
    return count < 2 ? nil : Double(last - first) / Double(count - 1)
  }
}

// MARK: - Asking anew

extension AverageBook {
  private func ask(_ old: AverageAsking, _ size: Int, now: Timestamp, _ db: Connection) throws {
    var asking = old
    let page = try people.page(after: asking.walked, limit: size, db)
    for contact in page {
      let places = asking.segments.compactMap { catalog.place(of: $0) }
        .filter { segments.covers(catalog.entries[$0], contact.row) }
      if !places.isEmpty { try segments.askAlone(Set(places), of: contact.row, now: now, .boundaries, wall: now, db) }
      asking.walked = contact.row
    }
    if page.isEmpty { asking.segments = [] }
    try asking.write(db)
    self.asking = asking
  }
}

/// An average while it is worked out. Begun anew after a crash.
struct AverageWalk {
  let wanted: AverageWanted
  /// contacts.id
  private(set) var walked: Int64 = 0
  private(set) var contacts: Int64 = 0
  private var sum = 0.0

  init(wanted: AverageWanted) { self.wanted = wanted }

  mutating func add(_ gap: Double?, of contact: Int64) {
    walked = contact
    if let gap { (contacts, sum) = (contacts + 1, sum + gap) }
  }

  /// Nil: too few have a gap of their own.
  var average: Int64? {
    contacts >= SegmentAverages.fewestContacts ? Int64((sum / Double(contacts)).rounded()) : nil
  }
}

/// Segments that are asked anew about everybody, and how far that has come.
struct AverageAsking {
  private static let fact = "averages.asking"

  /// contacts.id
  var walked: Int64
  /// segments.number; none: it is done.
  var segments: [Int64]

  var isDone: Bool { segments.isEmpty }

  static func read(_ db: Connection) throws -> AverageAsking {
    let numbers = try Facts.read(fact, db)?.split(separator: " ").compactMap { Int64($0) } ?? []
    return AverageAsking(walked: numbers.first ?? 0, segments: Array(numbers.dropFirst()))
  }

  func write(_ db: Connection) throws {
    try Facts.write(Self.fact, ([walked] + segments).map(String.init).joined(separator: " "), db)
  }
}

extension AverageWanted {
  /// The same for equal ones.
  fileprivate var text: String { "\(segment) \(type) \(condition)" }
}
