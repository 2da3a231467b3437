// Retention is beside the walk: what has been kept long enough goes, from each stage's tables by that stage's own
// sweepers. Here is only how much at a time, when, and in which order. It must not know a table.

import Delivery
public import Domain
public import Engine
public import Ingest
public import SQL
import Synchronization

/// The duty that deletes, so little in a round that intake does not feel it: `slice` rows are looked at, for so long at
/// most, and a fifth of both, of events alone, while the engine is behind the log. With nothing left it looks again a
/// minute later at the earliest.
public final class Retention: Duty {
  /// Rows looked at in one round, all tables together: two or three milliseconds where they are in memory.
  public static let standardSlice = 500
  /// A round of deleting ends when it has taken so long: where each page comes from a slow disk, with fewer rows.
  static let nanosecondsPerRound: Int64 = 4_000_000
  /// Rows between two looks at the clock.
  private static let page = 50
  /// Between the end of one walk through everything and the next, at least; and after a lost transaction, since the disk
  /// may be full.
  public static let standardPause: Int64 = 60_000

  /// Sweepers that need not wait for the engine.
  private static let beforeMessages = 2

  private let engine: Engine
  private let events: EventExpiry
  private let timeline: TimelineExpiry
  private let sweepers: [any Sweeper]
  private let slice: Int
  private let pause: Int64
  private let monotonic: () -> Int64
  /// The sweeper whose turn it is, and what the walk has seen so far.
  private var turn = 0
  private var visited: Int64 = 0
  private var next: Int64?
  /// When `work` last looked, and until when it rests; `wakesAt` nil: time alone makes no walk worth while.
  private var lastLook: Int64 = .min
  private var restsUntil: Int64 = .min
  private var wakesAt: Int64?
  /// As far as the log might be deleted when the last walk ended.
  private var lastEnd: Int64 = 0
  private let deleted = Mutex<[String: Int]>([:])

  /// Nil when everything is kept for ever.
  /// - Parameters:
  ///   - others: of stages beside the walk.
  ///   - leastStale: rows of the timeline whose events are gone, before it is walked.
  ///   - pause: milliseconds between walks, at least.
  ///   - monotonic: nanoseconds since anything, for the length of rounds; by default no time passes in them.
  public init?(
    log: EventLog, engine: Engine, catalog: ChainCatalog, rules: Rules, besides others: [any Sweeper] = [],
    slice: Int = standardSlice, leastStale: Int64 = TimelineExpiry.standardLeastStale,
    pause: Int64 = standardPause,
    monotonic: @escaping () -> Int64 = { 0 }
  ) {
    let policy = rules.retention
    guard !policy.keepsEverything else { return nil }
    (self.engine, self.slice, self.pause, self.monotonic) = (engine, slice, pause, monotonic)
    events = EventExpiry(policy, log: log, acted: { engine.actedSeq }) {
      try NeededEvents.seqs(after: $0, through: $1, now: $2, $3)
    }
    timeline = TimelineExpiry(events: events, leastStale: leastStale)
    var sweepers: [any Sweeper] = [events, timeline]
    if let span = policy.bodies { sweepers.append(BodyExpiry(span)) }
    if let span = policy.messages { sweepers.append(MessageExpiry(span)) }
    if let span = policy.traces ?? policy.messages {
      sweepers.append(RunExpiry(span, catalog: catalog, rules: rules))
    }
    self.sweepers = sweepers + others
  }

  /// Rows deleted and committed since the start, by kind; from any thread.
  public var metrics: [String: Int] { deleted.withLock { $0 } }

  public func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    // A clock that was set back does not stretch the rest.
    if now < restsUntil, now >= lastLook {
      // Of what came since, nobody has asked when it may go.
      return .idle(until: wakesAt ?? (events.end == lastEnd ? nil : restsUntil))
    }
    lastLook = now
    var left = engine.isAtEnd ? slice : max(1, slice / 5)
    let until = monotonic() + (engine.isAtEnd ? Self.nanosecondsPerRound : Self.nanosecondsPerRound / 5)
    while turn < sweepers.count {
      // Events that are still to act may ask after messages and runs. The engine says itself that there is more.
      guard turn < Self.beforeMessages || engine.isAtEnd else { return .idle(until: nil) }
      guard left > 0 else { return .more }
      let sweep = try sweepers[turn].sweep(db, now: now, limit: min(Self.page, left))
      try note(sweep, of: sweepers[turn], db)
      left -= sweep.visited
      if sweep.isOver { turn += 1 }
      // Not at the end of the last: nothing is left to do then.
      guard monotonic() < until || turn == sweepers.count else { return .more }
    }
    // What had to stay is looked at in every walk: where that is much, less often.
    restsUntil = max(next ?? 0, now + max(pause, visited))
    wakesAt = next == nil ? nil : restsUntil
    lastEnd = events.end
    (turn, visited, next) = (0, 0, nil)
    return .idle(until: wakesAt)
  }

  private func note(_ sweep: Sweep, of sweeper: any Sweeper, _ db: Connection) throws {
    visited += Int64(sweep.visited)
    if let moment = sweep.next { next = min(next ?? moment, moment) }
    guard sweep.deleted > 0 else { return }
    if sweeper === events { try timeline.lost(sweep.deleted, db) }
    let kind = sweeper.kind
    db.onCommit { [self] in deleted.withLock { $0[kind, default: 0] += sweep.deleted } }
  }

  public func committed() {}

  public func rolledBack() {
    for sweeper in sweepers { sweeper.forget() }
    (turn, visited, next) = (0, 0, nil)
    guard lastLook > .min else { return }
    restsUntil = max(restsUntil, lastLook + pause)
    wakesAt = restsUntil
  }
}
