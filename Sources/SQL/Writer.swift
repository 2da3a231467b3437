internal import Synchronization
public import Threads

/// The write connection, with group commit: a round takes what has queued up, commits once and answers all.
///
/// `round()` is the whole of it. In the server a thread drives it after `start()`; tests and simulation call it by
/// hand. A job may run twice before its commit (see `RoundWork`): what it changes in memory it undoes by
/// `Connection.onRollback`, or does only in `then`.
public final class Writer: @unchecked Sendable {
  // Unchecked: `connection`, `slots`, `checkpoints`, `backups`, `scrubs` and `needsReopening` belong to whoever drives the rounds,
  // one at a time; `thread` is written once by `start`; the rest is behind locks.
  private let connection: Connection
  private let slots: [DutySlot]
  private var needsReopening = false
  private let checkpoints: Checkpoints
  private let backups = Backups()
  private let scrubs = Scrubs()
  private let quiet: @Sendable (_ body: () -> Void) -> Void
  private let now: @Sendable () -> Int64
  private let monotonic: @Sendable () -> Int64
  private let maxQueued: Int
  private let report: @Sendable (String) -> Void
  private let queue = Monitor(WriterQueue())
  private let figures = Mutex(WriterMetrics())
  private let healthy = Atomic(true)
  private var thread: WorkerThread?

  /// What a round did.
  public struct Round: Sendable, Equatable {
    public let jobs: Int
    /// There is work left: the next round may follow at once.
    public let more: Bool
    /// What is left may wait a little for more.
    public let mayWait: Bool
    /// Nothing to do before that time (wall clock, ms) unless woken; nil: only when woken.
    public let idleUntil: Int64?
    /// A duty failed and is left out for so long; nil: none.
    public let retryInMilliseconds: Int64?
  }

  /// - Parameters:
  ///   - connection: belongs to the writer from here on.
  ///   - duties: asked in this order.
  ///   - now: milliseconds since 1970.
  ///   - monotonic: nanoseconds since anything; for durations and for the pauses of failing duties.
  ///   - quiet: runs its parameter while readers let go of a log that has grown too long (`Readers.quiet`).
  ///   - report: gets a line for the log when a commit or a duty failed; called on the writer's thread.
  public init(
    connection: Connection, duties: [any Duty], now: @escaping @Sendable () -> Int64,
    monotonic: @escaping @Sendable () -> Int64 = Monotonic.nanoseconds, maxQueued: Int = 20_000,
    quiet: @escaping @Sendable (_ body: () -> Void) -> Void = { $0() },
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.connection = connection
    self.slots = duties.map(DutySlot.init)
    self.checkpoints = Checkpoints(
      pagesBetween: connection.settings.pagesBetweenCheckpoints, quiet: quiet)
    self.quiet = quiet
    self.now = now
    self.monotonic = monotonic
    self.maxQueued = maxQueued
    self.report = report
  }

  /// Queues a job for the next round. It is a savepoint: its error is its own and undoes it alone.
  /// - Parameter then: called after the commit on the writer's thread, or at once with `StoreUnavailable` if the queue
  ///   is full.
  public func submit(
    _ job: @escaping @Sendable (Connection, Int64) throws -> Void,
    then: @escaping @Sendable (Result<Void, any Error>) -> Void
  ) {
    enqueue(WriterJob(body: job, then: then), \.others)
  }

  /// The same in the intake lane, which runs before everything else of the round and without savepoints.
  public func submitFirst(
    _ job: @escaping @Sendable (Connection, Int64) throws -> Void,
    then: @escaping @Sendable (Result<Void, any Error>) -> Void
  ) {
    enqueue(WriterJob(body: job, then: then), \.first)
  }

  /// Blocks until the job is committed. Not from the writer's own thread. Before `start()` the caller drives rounds.
  @discardableResult
  public func perform<T: Sendable>(_ job: @escaping @Sendable (Connection, Int64) throws -> T) throws -> T {
    let box = Monitor<Result<T, any Error>?>(nil)
    let value = Mutex<T?>(nil)
    submit({ db, now in
      let result = try job(db, now)
      value.withLock { $0 = result }
    }) { outcome in
      let answer = outcome.flatMap { _ in
        value.withLock { $0 }.map(Result.success) ?? .failure(StoreUnavailable(reason: "the job did not run"))
      }
      box.update { $0 = answer }
    }
    while thread == nil, box.withLock({ $0 == nil }) { _ = try? round() }
    return try box.wait { $0 }.get()
  }

  /// A duty has work: the next round is due. From any thread.
  public func wake() { queue.update { $0.woken = true } }

  /// A duty has work that may wait some milliseconds for more, so that one commit does for all. From any thread.
  public func wakeSoon() {
    guard queue.withLock({ !$0.isDue && $0.wakeBy == nil }) else { return }
    let moment = monotonic() + Writer.shortWaitMilliseconds * 1_000_000
    queue.update { $0.wakeBy = $0.wakeBy ?? moment }
  }

  /// The last round could be committed: writes are likely to succeed.
  public var isHealthy: Bool { healthy.load(ordering: .acquiring) }

  public var metrics: WriterMetrics {
    var metrics = figures.withLock { $0 }
    metrics.queued = queue.withLock { $0.count }
    return metrics
  }

  /// One transaction: the intake lane, the other jobs, the duties; then the commit and the answers.
  ///
  /// Throws what made the store lose the round; then all its jobs have been answered with `StoreUnavailable`, and the
  /// next round opens the connection anew.
  public func round() throws -> Round {
    let taken = queue.withLock { $0.takeRound() }
    let start = monotonic()
    var work = RoundWork(
      connection: connection, now: now(), first: taken.first, others: taken.others,
      duties: slots.filter { $0.pause(at: start) == 0 }, paused: slots.filter { $0.pause(at: start) > 0 })
    do {
      try recover()
      try work.run()
      try commit()
    } catch {
      lose(taken.first + taken.others, error)
      throw error
    }
    finish(work)
    return summary(work)
  }

  /// Drives the rounds on a thread of its own until `stop()`.
  public func start() {
    thread = WorkerThread(name: "writer") { self.loop() }
  }

  /// Finishes what is queued, commits it and closes the connection. Blocks.
  /// - Parameter keepsLog: see `Connection.close`.
  public func stop(keepsLog: Bool = false) {
    queue.update { $0.isStopping = true }
    if let thread { thread.join() } else { drain() }
    backups.end(StoreUnavailable(reason: "the server is stopping"))
    scrubs.endAll(StoreUnavailable(reason: "the server is stopping"))
    connection.close(keepsLog: keepsLog)
  }
}

extension Writer {
  private func enqueue(_ job: WriterJob, _ lane: WritableKeyPath<WriterQueue, [WriterJob]>) {
    let refusal: String? = queue.update { queue in
      if queue.isStopping { return "the server is stopping" }
      if queue[keyPath: lane].count >= maxQueued { return "\(maxQueued) writes are waiting already" }
      queue[keyPath: lane].append(job)
      return nil
    }
    guard let refusal else { return }
    figures.withLock { $0.refusedJobs += 1 }
    job.then(.failure(StoreUnavailable(reason: refusal)))
  }

  /// After a lost round: a fresh connection, and a write that costs nothing to see whether the disk takes it again.
  private func recover() throws {
    guard needsReopening else { return }
    try connection.reopen()
    try connection.probe()
    needsReopening = false
  }

  private func commit() throws {
    let start = monotonic()
    try connection.commit()
    let seconds = Double(monotonic() - start) / 1e9
    figures.withLock {
      $0.commits += 1
      $0.commitSeconds.record(seconds)
      $0.logPages = connection.logPages
    }
    healthy.store(true, ordering: .releasing)
  }

  private func finish(_ work: RoundWork) {
    let failed = work.dutyErrors
    for (slot, error) in failed {
      slot.failed(at: monotonic())
      report("a duty failed and is tried again soon: \(type(of: slot.duty)): \(error)")
    }
    for slot in work.duties where !failed.contains(where: { $0.slot === slot }) {
      slot.succeeded()
      slot.duty.committed()
    }
    let outcomes = work.outcomes
    figures.withLock {
      $0.jobs += outcomes.count
      $0.failedDuties += failed.count
      if let error = failed.last?.error { $0.lastError = "\(error)" }
    }
    for (job, result) in outcomes { job.then(result) }
    checkpoint()
    backups.step(monotonic)
    scrubs.step(connection, quiet: quiet, monotonic)
    figures.withLock { $0.backupPagesLeft = backups.pagesLeft }
  }

  /// On the writer's thread, after a commit.
  func beginBackup(to path: String, maxPages: Int?, then: @escaping Backups.Ending) {
    backups.begin(connection, to: path, maxPages: maxPages, then: then)
  }

  /// On the writer's thread, after a commit.
  func beginScrub(then: @escaping Scrubs.Ending) { scrubs.ask(then) }

  /// After the answers, so that nobody's commit waits for it.
  private func checkpoint() {
    guard checkpoints.isDue(connection) else { return }
    let start = monotonic()
    do {
      try checkpoints.run(connection, monotonic)
      let seconds = Double(monotonic() - start) / 1e9
      figures.withLock {
        $0.checkpoints += 1
        $0.checkpointSeconds.record(seconds)
      }
    } catch {
      report("a checkpoint failed and is tried again later: \(error)")
      figures.withLock { $0.lastError = "\(error)" }
    }
  }

  private func lose(_ jobs: [WriterJob], _ error: any Error) {
    healthy.store(false, ordering: .releasing)
    needsReopening = true
    connection.rollback()
    backups.end(StoreUnavailable(reason: "a write was lost while the backup was made: \(error)"))
    scrubs.endAll(StoreUnavailable(reason: "a write was lost while free space was overwritten: \(error)"))
    for slot in slots { slot.duty.rolledBack() }
    figures.withLock {
      $0.failedCommits += 1
      $0.refusedJobs += jobs.count
      $0.lastError = "\(error)"
    }
    report("a commit failed, \(jobs.count) writes were refused: \(error)")
    let refusal = StoreUnavailable(reason: "\(error)")
    for job in jobs { job.then(.failure(refusal)) }
  }

  private func summary(_ work: RoundWork) -> Round {
    var more = queue.withLock { $0.count > 0 } || backups.isUnderWay
    var soon = false
    var until: [Int64] = []
    for progress in work.progress {
      switch progress {
      case .more: more = true
      case .soon: soon = true
      case .idle(let time): if let time { until.append(time) }
      }
    }
    let time = monotonic()
    let scrubPause = scrubs.pause(at: time)
    if scrubPause == 0 { more = true }
    return Round(
      jobs: work.outcomes.count, more: more || soon, mayWait: soon && !more, idleUntil: until.min(),
      retryInMilliseconds: (slots.map { $0.pause(at: time) }.filter { $0 > 0 }
        + [scrubPause].compactMap { $0 }).min())
  }
}

extension Writer {
  /// How long a wait may last before the wall clock is looked at again: it may have been set.
  private static let longestWaitMilliseconds: Int64 = 1_000
  /// How long work that may wait for more does.
  private static let shortWaitMilliseconds: Int64 = 5

  private func loop() {
    var failures: Int64 = 0
    while !queue.withLock({ $0.isStopping && $0.count == 0 }) {
      do {
        let round = try self.round()
        failures = 0
        if round.mayWait { wakeSoon() }
        if round.mayWait || !round.more { sleep(until: round.idleUntil, retryIn: round.retryInMilliseconds) }
      } catch {
        failures = min(failures + 1, 10)
        queue.wait(milliseconds: min(Writer.longestWaitMilliseconds, 5 << failures)) { $0.isStopping }
      }
    }
  }

  /// Until the wall clock says so, a duty may be tried again, or there is work.
  private func sleep(until time: Int64?, retryIn: Int64?) {
    let retry = retryIn.map { monotonic() + $0 * 1_000_000 }
    func left(_ moment: Int64) -> Int64 { (moment - monotonic() + 999_999) / 1_000_000 }
    while true {
      let (isDue, wakeBy) = queue.withLock { ($0.isDue, $0.wakeBy) }
      if isDue { return }
      let wait = [time.map { $0 - now() }, retry.map(left), wakeBy.map(left)]
        .reduce(Writer.longestWaitMilliseconds) { min($0, $1 ?? $0) }
      if wait <= 0 { return }
      queue.wait(milliseconds: wait) { $0.isDue || $0.wakeBy != wakeBy }
    }
  }

  private func drain() {
    while queue.withLock({ $0.count > 0 }) { _ = try? round() }
  }
}
