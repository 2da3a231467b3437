// Delivery is stage 3. Planned messages come in as rows of the ledger; out go claims to the channels' connections, and
// from their answers the messages' ends, each an event in the log again. Here are the one gate that every message
// passes, the templates, retries and operators' tasks. It must not know how an adapter talks to its provider, nor HTTP.

public import Domain
public import Engine
public import Ingest
import JSON
public import SQL
import Synchronization

/// The duty that claims due messages and records how they ended. The intent is committed before an adapter is called,
/// for as many messages as the dispatch has room for: a crash leaves at most that many unknown.
public final class Delivery: Duty {
  /// Messages the gate looks at in one round, all channels together.
  private static let slice = 1000
  /// What each channel gets of them at least.
  private static let leastShare = 100
  /// How long the gate may look at messages in one round, all channels together: callers wait for the round's end.
  private static let nanoseconds: Int64 = 8_000_000

  private let engine: Engine
  private let log: EventLog
  private let catalog: ChainCatalog
  private let rules: Rules
  private let templates: TemplateCatalog
  private let dispatch: any Dispatch
  private let ledger: Ledger
  private let recorder: OutcomeRecorder
  private var gate: Gate
  private let recovery: Recovery
  private let counters: Counters
  private let monotonic: () -> Int64
  private let report: (String) -> Void
  private var paces: [String: Pace] = [:]
  private var pacesBefore: [String: Pace] = [:]
  private var backlog = Backlog()
  private var slots = SlotsInHand()
  private var slotsBefore = SlotsInHand()
  private var claims: [Claim] = []
  private var recording: [Outcome] = []
  /// Messages that this process has handed to a connection and whose end is not on disk yet.
  private var inHand: Set<Int64> = []
  /// After a start, and after a lost round: rows may say `sending` that nobody has in hand.
  private var needsRecovery = true
  private var isFirst = true
  private let arrived = Mutex<[Outcome]>([])
  private let lateness = Mutex<[String: Histogram]>([:])
  private var roundNow: Int64 = 0

  /// - Parameters:
  ///   - hold: what was due before its release has to pass `late`.
  ///   - monotonic: nanoseconds since anything, for the length of rounds; by default no time passes in them.
  public init(
    engine: Engine, log: EventLog, catalog: ChainCatalog, counters: Counters, rules: Rules,
    templates: TemplateCatalog, dispatch: any Dispatch, hold: Hold? = nil,
    monotonic: @escaping () -> Int64 = { 0 }, report: @escaping (String) -> Void = { _ in }
  ) {
    (self.monotonic, self.report) = (monotonic, report)
    (self.engine, self.log, self.catalog, self.counters, self.rules) = (engine, log, catalog, counters, rules)
    (self.templates, self.dispatch) = (templates, dispatch)
    ledger = Ledger(log: log, counters: counters)
    recorder = OutcomeRecorder(ledger: ledger, rules: rules)
    gate = Gate(
      views: engine.views, recent: engine.recent, catalog: catalog, rules: rules, templates: templates, hold: hold,
      tombstones: engine.tombstones, poison: engine.poison)
    recovery = Recovery(log: log, counters: counters, catalog: catalog)
  }

  /// From any thread; the writer is to be woken afterwards.
  public func accept(_ outcome: Outcome) { arrived.withLock { $0.append(outcome) } }

  /// From any thread. By channel, since the start: from the moment a message was due to the commit that says it was sent.
  public var metrics: [String: Histogram] { lateness.withLock { $0 } }

  public func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    if gate.startedAt == nil {
      gate.startedAt = Timestamp(milliseconds: now)
      gate.backlogSeenAt = try Backlog.seenAt(db)
    }
    // Asked before anything is recorded: the server's own events about this round's outcomes may act in the next.
    let through = engine.actedThrough
    let end = log.lastSeq
    if needsRecovery {
      try recovery.run(besides: inHand, mayRepeat: { !isFirst || dispatch.mayRepeat($0) }, now: now, db)
    }
    roundNow = now
    recording = arrived.withLock { outcomes in
      defer { outcomes = [] }
      return outcomes
    }
    for outcome in recording { try record(outcome, now: now, db) }
    var left = Self.slice
    var next: Int64?
    if let through {
      let moment = min(now, through.milliseconds)
      try dropExpired(through: moment, left: &left, now: now, db)
      let channels = try DueMessage.channels(db)
      for channel in channels {
        // One channel's backlog leaves room for the others.
        var share = max(Self.slice / max(1, channels.count), Self.leastShare)
        let until = monotonic() + Self.nanoseconds / Int64(channels.count)
        let opening = try claimDue(channel, through: moment, left: &share, until: until, now: now, db)
        if share <= 0 { left = 0 }
        if let opening { next = min(next ?? opening, opening) }
      }
    }
    if let expires = try DueMessage.nextExpiry(db) { next = min(next ?? expires, expires) }
    let deadline = try TaskStore().expire(now: now, db)
    if let deadline { next = min(next ?? deadline, deadline) }
    try counters.write(db)
    if left <= 0 { return .more }
    // The server's own events are to act.
    return log.lastSeq != end ? .soon : .idle(until: next)
  }

  public func committed() {
    (needsRecovery, isFirst, pacesBefore, slotsBefore) = (false, false, paces, slots)
    for outcome in recording { inHand.remove(outcome.claim.message) }
    measure(recording)
    for claim in claims { inHand.insert(claim.message) }
    handOver()
    (claims, recording) = ([], [])
  }

  /// A provider may have asked for patience while the round was under way: his claims come back with the next.
  private func handOver() {
    guard !claims.isEmpty else { return }
    let patient = arrived.withLock { Set($0.lazy.filter { $0.result.isThrottled }.map(\.claim.channel)) }
    for claim in claims where patient.contains(claim.channel) { accept(Outcome(claim: claim, result: .untouched)) }
    dispatch.handOver(patient.isEmpty ? claims : claims.filter { !patient.contains($0.channel) })
  }

  public func rolledBack() {
    let lost = recording
    arrived.withLock { $0 = lost + $0 }
    (claims, recording) = ([], [])
    (paces, slots) = (pacesBefore, slotsBefore)
    backlog = Backlog()
    needsRecovery = true
    counters.forget()
  }

  private func measure(_ outcomes: [Outcome]) {
    guard !outcomes.isEmpty else { return }
    lateness.withLock { [roundNow] lateness in
      for outcome in outcomes {
        guard case .handed(.accepted) = outcome.result else { continue }
        let seconds = Double(max(0, roundNow - outcome.claim.dueAt.milliseconds)) / 1000
        lateness[outcome.claim.channel, default: Histogram(Histogram.lags)].record(seconds)
      }
    }
  }

  private func record(_ outcome: Outcome, now: Int64, _ db: Connection) throws {
    let channel = outcome.claim.channel
    if !rules.caps.isEmpty { slots.release(outcome.claim) }
    let hold = try recorder.record(
      outcome, opensTask: dispatch.opensTask(channel), mayRepeat: dispatch.mayRepeat(channel), now: now, db)
    if let hold { paces[channel, default: newPace(channel)].hold(until: hold) }
  }

  private func newPace(_ channel: String) -> Pace { Pace(perSecond: rules.channels[channel]?.perSecond) }

  /// - Returns: when the channel is worth another look, nil when only an outcome or an event can change anything.
  private func claimDue(
    _ channel: String, through: Int64, left: inout Int, until: Int64, now: Int64, _ db: Connection
  ) throws -> Int64? {
    guard rules.channels[channel] != nil else {
      try dropAll(of: channel, left: &left, now: now, db)
      return nil
    }
    var pace = paces[channel] ?? newPace(channel)
    defer { paces[channel] = pace }
    var room = min(dispatch.free(channel), pace.allowed(at: now))
    while room > 0, left > 0 {
      let due = try DueMessage.due(channel, through: Timestamp(milliseconds: through), limit: min(room, left), db)
      if due.isEmpty { break }
      for message in due {
        left -= 1
        if try pass(message, now: now, db) {
          room -= 1
          pace.spend(1)
        }
        if monotonic() >= until {
          left = 0
          break
        }
      }
    }
    guard let next = try DueMessage.nextDue(channel, db) else { return nil }
    if next.milliseconds > now { return next.milliseconds }
    // Events that were accepted before it are still to act; the engine says when.
    if next.milliseconds > through { return nil }
    try backlog.note(at: now, db)
    return dispatch.free(channel) - claims.count(where: { $0.channel == channel }) > 0 ? pace.opensAt(now) : nil
  }

  /// Whether the message was claimed.
  private func pass(_ message: DueMessage, now: Int64, _ db: Connection) throws -> Bool {
    let chain = catalog.entry(message.chain)?.id ?? ""
    switch try judge(message, now: now, db) {
    case .skip(let reason): try ledger.drop(message, as: "skipped", reason: reason, chain: chain, now: now, db)
    case .fail(let reason): try ledger.drop(message, as: "failed", reason: reason, chain: chain, now: now, db)
    case .later(let moment, let held): try ledger.postpone(message, to: moment, by: held, db)
    case .park: try ledger.park(message, db)
    case .pass(let passage):
      guard let version = try TemplateStore().newest(message.template, db) else {
        try ledger.drop(message, as: "failed", reason: "missing_template", chain: chain, now: now, db)
        return false
      }
      guard message.attempts < rules.channels[message.channel]?.maxAttempts ?? 1 else {
        try ledger.drop(message, as: "failed", reason: "too_many_attempts", chain: chain, now: now, db)
        return false
      }
      try ledger.claim(message, passage, version: version, price: rules.channels[message.channel]?.price, now: now, db)
      let claim = Claim(
        message: message.id, attempt: message.attempts + 1, run: message.run, dueAt: message.dueAt,
        contact: message.contact,
        contactID: passage.contact.publicID, chain: passage.chain, chainNumber: message.chain,
        version: message.version, step: message.label, channel: message.channel, purpose: message.purpose,
        address: passage.address, name: passage.contact.displayName,
        locale: passage.contact.locale, zone: passage.zone, template: message.template, templateVersion: version,
        values: passage.values, queue: passage.queue, deadline: passage.deadline)
      claims.append(claim)
      if !rules.caps.isEmpty { slots.take(claim, of: message.chain) }
      return true
    }
    return false
  }

  /// What the store says stops the round; any other error is this one message's own.
  private func judge(_ message: DueMessage, now: Int64, _ db: Connection) throws -> Gate.Verdict {
    do {
      return try gate.judge(message, inHand: slots, now: Timestamp(milliseconds: now), db)
    } catch let error where error is SQLError || error is StoreUnavailable {
      throw error
    } catch {
      report("a message of \(message.template) was given up: \(error)")
      return .fail(reason: "undecidable")
    }
  }

  /// Messages past their `hold`, which no room in the channel would let out any more.
  private func dropExpired(through: Int64, left: inout Int, now: Int64, _ db: Connection) throws {
    for message in try DueMessage.expired(through: Timestamp(milliseconds: through), limit: left, db) {
      left -= 1
      let chain = catalog.entry(message.chain)?.id ?? ""
      try ledger.drop(message, as: "skipped", reason: "hold", chain: chain, now: now, db)
    }
  }

  /// Messages of a channel that the configuration no longer has.
  private func dropAll(of channel: String, left: inout Int, now: Int64, _ db: Connection) throws {
    for message in try DueMessage.due(channel, through: Timestamp(milliseconds: .max), limit: left, db) {
      left -= 1
      let chain = catalog.entry(message.chain)?.id ?? ""
      try ledger.drop(message, as: "failed", reason: "unknown_channel", chain: chain, now: now, db)
    }
  }
}

extension Delivery {
  /// When something is to be done next, nil when nothing is planned: for a clock that jumps there. On the writer's thread.
  public func nextDue(now: Int64, _ db: Connection) throws -> Int64? {
    var next = try TaskStore().nextDeadline(db)
    if let expires = try DueMessage.nextExpiry(db) { next = min(next ?? expires, expires) }
    for channel in try DueMessage.channels(db) {
      guard let due = try DueMessage.nextDue(channel, db)?.milliseconds else { continue }
      let opens = max(due, (paces[channel] ?? newPace(channel)).opensAt(now))
      next = min(next ?? opens, opens)
    }
    return next
  }

  /// Whether nothing is in hand: no message `sending`, no outcome waiting to be recorded. On the writer's thread.
  public func isIdle(_ db: Connection) throws -> Bool {
    guard arrived.withLock({ $0.isEmpty }), claims.isEmpty else { return false }
    return try db.first("SELECT 1 FROM messages WHERE status = 'sending' LIMIT 1", []) { _ in true } == nil
  }
}
