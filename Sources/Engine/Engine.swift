// Engine is stage 2. The log comes in, from the cursor on; out go runs that have moved, messages that are asked for, and
// figures, all in the transaction that moves the cursor: each event acts exactly once, whatever crashes. Whose event it
// is, is decided here, and what a contact's past says. It must not know HTTP, templates or how a message leaves.

public import Domain
public import Ingest
public import SQL
import Synchronization

/// The duty that reads the log and lets due runs act. Events act in the order of acceptance; a timer due at T acts after
/// every event accepted by T. After a start the engine reads to the log's end before any timer acts.
public final class Engine: Duty {
  /// How much a round may take on before the writer commits.
  public struct Slice: Sendable {
    public var events: Int
    public var timers: Int
    /// Callers, and connections without a message, wait for the commit. Where the rest of a round is slow it may be
    /// twice that rest, or most of the time would go into commits; but at most twice as long as said here.
    public var milliseconds: Int64

    public init(events: Int = 2000, timers: Int = 2000, milliseconds: Int64 = 3) {
      (self.events, self.timers, self.milliseconds) = (events, timers, milliseconds)
    }
  }

  static let cursorFact = "engine.cursor"
  /// Read at once, and done before the time is looked at.
  private static let page = 64
  /// Runs of a resumed or archived chain that are let go or ended in a round.
  private static let runsLetGo = 256

  private let log: EventLog
  /// Whose events are whose; asked by the gate and by cards too.
  public let timeline: Timeline
  /// What was read or written last; the gate asks for the same.
  public let recent: RecentRows
  /// Who was erased; the gate's too.
  public let tombstones: Tombstones
  /// What the pure rules see of contacts; the gate's too.
  public let views: ContactViews
  /// Notes each decision while it is made; the gate's too.
  public let poison: PoisonGuard
  private let catalog: ChainCatalog
  private let counters: Counters
  private let slice: Slice
  private let steps: RunSteps
  private let runs = RunStore()
  private let calendar: EntryCalendar
  private let segments: LiveSegments
  private let rfm: RfmBook
  private let averages: AverageBook
  /// Seq of the last event that has acted; nil: to be read from the file.
  private var cursor: Int64?
  /// When the last event that has acted was accepted.
  private var lastActed: Timestamp?
  /// The same of those that came from outside.
  private var lastHeard: Timestamp?
  /// The log's end at the start, or when a held file was released: no timer acts before.
  private var catchUp: Int64
  /// A moment before which no run is due; nil: not known.
  private var quietUntil: Timestamp?
  /// Archived chains without active runs.
  private var emptied: Set<Int64> = []
  /// Some chain's runs are being let go or ended, a slice a round, and there are more of them.
  public private(set) var hasSlicesLeft = false
  private let lag = Mutex(Lag())
  private let monotonic: () -> Int64
  /// When the last round's work ended, and how long after it was committed; nanoseconds.
  private var workEnded: Int64 = 0
  private var restOfRound: Int64 = 0

  /// For metrics: how far behind the log the engine is.
  public struct Lag: Sendable {
    public var unread: Int64 = 0
    /// Between an event's acceptance and the round that let it act.
    public var lastMilliseconds: Int64 = 0
    public var decisions = Histogram(Histogram.lags)
    public var events: Int64 = 0
    public var timers: Int64 = 0
    /// Decisions that are not tried any more, since too many processes have ended in the middle of them.
    public var leftAside = 0
  }

  /// - Parameters:
  ///   - monotonic: nanoseconds since anything, for the length of rounds; by default no time passes in them.
  ///   - keepsRfm: false where the log is another server's past: its own moves between cells come with it.
  ///   - poison: by default what ends the process is not known to the next.
  ///   - report: gets a line for the log when a run or a chain had to be left alone.
  public init(
    log: EventLog, timeline: Timeline, catalog: ChainCatalog, counters: Counters, rules: Rules, slice: Slice = Slice(),
    tombstones: Tombstones = Tombstones(), keepsRfm: Bool = true, poison: PoisonGuard = PoisonGuard(),
    monotonic: @escaping () -> Int64 = { 0 }, report: @escaping (String) -> Void = { _ in }
  ) {
    (self.monotonic, self.poison) = (monotonic, poison)
    (self.log, self.timeline, self.catalog) = (log, timeline, catalog)
    (self.counters, self.slice) = (counters, slice)
    recent = RecentRows(log: log)
    views = ContactViews(
      log: log, timeline: timeline, recent: recent, catalog: catalog, counters: counters, rules: rules,
      rfmVersions: RfmVersionCache(), keepsRfm: keepsRfm, segments: SegmentCatalog(report: report),
      past: RecentPast(timeline, recent))
    rfm = RfmBook(views, isKept: keepsRfm)
    segments = LiveSegments(views, poison, report: report)
    averages = AverageBook(views, segments)
    self.tombstones = tombstones
    steps = RunSteps(views, rfm, segments, tombstones, poison, report: report)
    calendar = EntryCalendar(views, poison, report: report)
    catchUp = log.lastSeq
  }

  public var metrics: Lag {
    var lag = lag.withLock { $0 }
    lag.leftAside = poison.leftAside
    return lag
  }

  /// Seq of the last event that has acted, as far as this process knows.
  public var actedSeq: Int64 { cursor ?? 0 }

  /// Whether every event in the log has acted.
  public var isAtEnd: Bool { cursor.map { $0 >= log.lastSeq } ?? false }

  /// A message due by then may leave: every event accepted by then has acted. Nil until the log has been read to where
  /// it ended at the start.
  public var actedThrough: Timestamp? {
    guard let cursor, cursor >= catchUp else { return nil }
    return isAtEnd ? Timestamp(milliseconds: .max) : lastActed
  }

  public func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    // Whoever changed chains may have changed what is due.
    if try catalog.refresh(db) {
      (quietUntil, emptied) = (nil, [])
      try steps.outbox.refresh(db)
      try segments.refresh(now: Timestamp(milliseconds: now), db)
      try calendar.refresh(now: Timestamp(milliseconds: now), db)
      try averages.refresh(db)
    }
    if cursor == nil { cursor = try Self.readCursor(db) }
    let before = cursor
    try timeline.begin(db)
    let usual = slice.milliseconds * 1_000_000
    let until = monotonic() + min(max(usual, 2 * restOfRound), 2 * usual)
    var left = slice
    var round = EngineRound(now: Timestamp(milliseconds: now))
    let isMoving = try moveRuns(until, &round, db)
    let isResuming = try resumeChains(now: round.now, db)
    repeat {
      let events = try log.unread(after: cursor ?? 0, limit: min(Self.page, left.events), db)
      if events.isEmpty {
        let timers = left.timers
        // What it says acts before the timers of its moment.
        if try fireMoments(before: round.now + 1, until, &left, &round, db) == .some { continue }
        _ = try fire(before: round.now + 1, until, &left, &round, db)
        if left.timers == timers { break }
      }
      for event in events {
        if (cursor ?? 0) >= catchUp {
          // Who comes in late acts at his moment, before the timers that were due after it.
          guard try fire(before: event.decidedAt, until, &left, &round, db) else { break }
        }
        try steps.act(on: event, &round, db)
        try calendar.note(event, now: round.now, db)
        if round.hasMerged { (quietUntil, calendar.quietUntil, round.hasMerged) = (nil, nil, false) }
        cursor = event.seq
        lastActed = event.acceptedAt
        if event.contact == nil { lastHeard = event.acceptedAt }
        left.events -= 1
      }
    } while left.events > 0 && left.timers > 0 && monotonic() < until
    try calendar.plan(now: round.now, limit: slice.timers, isOver: { monotonic() >= until }, db)
    try rfm.work(now: round.now, isAtEnd: isAtEnd, limit: slice.timers, isOver: { monotonic() >= until }, db)
    if isAtEnd { try averages.work(now: round.now, limit: slice.timers, isOver: { monotonic() >= until }, db) }
    if isAtEnd {
      try segments.compute(now: round.now, acted: lastHeard, limit: slice.timers, isOver: { monotonic() >= until }, db)
    }
    try segments.write(db)
    hasSlicesLeft =
      try endArchivedRuns(now: round.now, db) || isResuming || isMoving
      || calendar.hasSlicesLeft || segments.hasSlicesLeft || rfm.hasSlicesLeft || averages.hasSlicesLeft
    if cursor != before { try writeCursor(db) }
    try counters.write(db)
    if let known = quietUntil { quietUntil = min(known, round.earliestDue ?? known) }
    note(round, db)
    let isMerging = try timeline.mergeSlice(db)
    let isMovingRows = try timeline.moveSlice(db)
    workEnded = monotonic()
    return hasSlicesLeft || isMerging || isMovingRows ? .more : try progress(left, now: round.now, db)
  }

  /// A slice of the runs that a publication takes to its version; whether there may be more.
  private func moveRuns(_ until: Int64, _ round: inout EngineRound, _ db: Connection) throws -> Bool {
    for entry in catalog.all {
      guard let move = entry.move else { continue }
      let position = cursor ?? 0
      let left = try move.goOn(
        entry.number, limit: min(slice.timers, Self.runsLetGo), isOver: { monotonic() > until }, db
      ) { run, move in
        try steps.move(run, move, position: position, &round, db)
      }
      catalog.advance(entry.number, to: left)
      quietUntil = nil
      return true
    }
    return false
  }

  /// A slice of what resumed chains have to let go; whether there may be more. First their runs go where an edit has them
  /// go: what a pause has stopped goes on in the new version.
  private func resumeChains(now: Timestamp, _ db: Connection) throws -> Bool {
    for entry in catalog.all where entry.move == nil {
      guard let resumption = entry.resumption else { continue }
      let left = try resumption.goOn(entry.number, limit: min(slice.timers, Self.runsLetGo), now: now, db) {
        try steps.dropLate($0, now: now, db)
      }
      catalog.advance(entry.number, to: left)
      quietUntil = nil
      if left != nil { return true }
    }
    return false
  }

  /// A slice of the runs that archived chains still have; whether there may be more.
  private func endArchivedRuns(now: Timestamp, _ db: Connection) throws -> Bool {
    for entry in catalog.all where entry.status == .archived && !emptied.contains(entry.number) {
      if try steps.endArchived(entry.number, limit: Self.runsLetGo, now: now, db) { return true }
      emptied.insert(entry.number)
    }
    return false
  }

  private func progress(_ left: Slice, now: Timestamp, _ db: Connection) throws -> DutyProgress {
    if left.events <= 0 || left.timers <= 0 || !isAtEnd { return .more }
    let next = try runs.nextDue(db)
    quietUntil = next ?? Timestamp(milliseconds: .max)
    guard let next = try nextMoment(next, db) else { return .idle(until: nil) }
    return next <= now ? .more : .idle(until: next.milliseconds)
  }

  public func committed() {
    restOfRound = monotonic() - workEnded
    poison.committed()
  }

  /// From here on as after a start: the log is read to where it ends now before any timer acts or any message leaves. On
  /// the writer's thread, after a commit.
  public func startOver() { catchUp = log.lastSeq }

  public func rolledBack() {
    (cursor, lastActed, lastHeard, quietUntil, emptied) = (nil, nil, nil, nil, [])
    counters.forget()
    catalog.forget()
    calendar.forget()
    segments.forget()
    rfm.forget()
    averages.forget()
    poison.rolledBack()
  }

  private enum Firing {
    case some, nothing, sliceIsOver
  }

  /// Lets those come in by time who are due first, before `moment`, and segments and scores look at whom time has changed;
  /// and before them the runs act that are due earlier.
  private func fireMoments(
    before moment: Timestamp, _ until: Int64, _ left: inout Slice, _ round: inout EngineRound, _ db: Connection
  ) throws -> Firing {
    // The log's acceptance never goes back, the clock may: what is not due yet is left alone.
    let (moving, changing, coming) = (try rfm.nextDue(db), try segments.nextDue(db), try calendar.nextDue(db))
    guard let due = [moving, changing, coming].compactMap({ $0 }).min(), due < min(moment, round.now + 1) else {
      return .nothing
    }
    guard try fireRuns(before: due, until, &left, &round, db), left.timers > 0 else { return .sliceIsOver }
    let limit = min(Self.page, left.timers)
    let count =
      if moving == due {
        try rfm.fire(before: due + 1, limit: limit, now: round.now, db)
      } else if changing == due {
        try segments.fire(before: due + 1, acted: lastHeard, limit: limit, now: round.now, db)
      } else {
        try calendar.fire(before: due + 1, limit: limit, now: round.now, db)
      }
    left.timers -= count
    round.timers += count
    return .some
  }

  /// Lets the runs and entries act that are due before `moment`, oldest first.
  /// - Returns: whether all of them have.
  private func fire(
    before moment: Timestamp, _ until: Int64, _ left: inout Slice, _ round: inout EngineRound, _ db: Connection
  ) throws -> Bool {
    while true {
      switch try fireMoments(before: moment, until, &left, &round, db) {
      case .nothing: return try fireRuns(before: moment, until, &left, &round, db)
      case .sliceIsOver: return false
      case .some: if left.timers <= 0 || monotonic() >= until { return false }
      }
    }
  }

  private func fireRuns(
    before moment: Timestamp, _ until: Int64, _ left: inout Slice, _ round: inout EngineRound, _ db: Connection
  ) throws -> Bool {
    if let known = quietUntil, min(known, round.earliestDue ?? known) >= moment { return true }
    quietUntil = nil
    repeat {
      let due = try runs.due(before: min(moment, round.now + 1), limit: min(Self.page, left.timers), db)
      for run in due { try steps.act(onTimerOf: run, position: cursor ?? 0, &round, db) }
      left.timers -= due.count
      if due.isEmpty {
        round.earliestDue = nil
        quietUntil = try runs.nextDue(db) ?? Timestamp(milliseconds: .max)
        return true
      }
    } while left.timers > 0 && monotonic() < until
    round.earliestDue = nil
    return false
  }

  private func note(_ round: EngineRound, _ db: Connection) {
    let unread = log.lastSeq - (cursor ?? 0)
    lag.withLock { lag in
      lag.unread = unread
      lag.events += Int64(round.events)
      lag.timers += Int64(round.timers)
      if let oldest = round.oldestEvent {
        lag.lastMilliseconds = round.now - oldest
        lag.decisions.record(Double(round.now - oldest) / 1000)
      } else {
        lag.lastMilliseconds = 0
      }
    }
  }

  /// Seq of the last event that has acted, as the file says; 0 before the first.
  public static func readCursor(_ db: Connection) throws -> Int64 {
    try Facts.read(cursorFact, db).flatMap { Int64($0) } ?? 0
  }

  private func writeCursor(_ db: Connection) throws {
    try Facts.write(Self.cursorFact, String(cursor ?? 0), db)
  }
}

extension Engine {
  /// How many events have not acted yet, as the file says.
  public static func unread(_ db: Connection) throws -> Int64 {
    let last = try db.first("SELECT seq FROM events ORDER BY seq DESC LIMIT 1") { $0.int(0) } ?? 0
    return max(0, last - (try readCursor(db)))
  }

  /// When the next run or entry is due, or there is something to plan, as the file says: for a clock that jumps there.
  public func nextDue(_ db: Connection) throws -> Timestamp? {
    try nextMoment(runs.nextDue(db), db)
  }

  private func nextMoment(_ run: Timestamp?, _ db: Connection) throws -> Timestamp? {
    try [run, calendar.nextMoment(db), segments.nextDue(db), rfm.nextMoment(db), averages.nextMoment(db)].compactMap {
      $0
    }.min()
  }
}

/// What one round of the engine has seen so far.
struct EngineRound {
  let now: Timestamp
  var events = 0
  var timers = 0
  var oldestEvent: Timestamp?
  /// The earliest due time that this round has set.
  var earliestDue: Timestamp?
  /// An event has made one contact of two: what was due for one may be due for another.
  var hasMerged = false

  init(now: Timestamp) { self.now = now }

  mutating func sawDue(_ moment: Timestamp?) {
    guard let moment else { return }
    earliestDue = min(earliestDue ?? moment, moment)
  }
}
