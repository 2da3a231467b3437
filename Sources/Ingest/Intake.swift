public import Domain
public import SQL
import Synchronization

/// Takes calls from any thread, and answers each after the commit that holds its events.
///
/// Parsing happens on the caller's thread. What waits is bounded in events and in bytes; the writer takes it as one job
/// a round.
public final class Intake: Sendable {
  private let writer: Writer
  private let log: EventLog
  private let limits: IngestLimits
  private let reader: EventReader
  private let now: @Sendable () -> Int64
  private let tombstones: Tombstones
  private let waiting = Mutex(IntakeQueue())

  public init(
    writer: Writer, log: EventLog, limits: IngestLimits = IngestLimits(), tombstones: Tombstones = Tombstones(),
    now: @escaping @Sendable () -> Int64
  ) {
    (self.writer, self.log, self.limits, self.now) = (writer, log, limits, now)
    self.tombstones = tombstones
    reader = EventReader(limits: limits)
  }

  public var metrics: IntakeMetrics { waiting.withLock { $0.figures } }

  /// Called in the transaction of the events, at its time in ms, with what will be answered.
  public typealias Keeping = @Sendable (IntakeAnswer, Connection, Int64) throws -> Void

  /// - Parameters:
  ///   - keep: nil: the answer is not kept.
  ///   - then: gets the answer on the writer's thread, after the commit; or at once, on this one, where nothing is to be
  ///     stored. Errors are `BodyRefusal` and `StoreUnavailable`.
  public func accept(
    _ body: [UInt8], _ form: EventReader.Form, keep: Keeping? = nil,
    then: @escaping @Sendable (Result<IntakeAnswer, any Error>) -> Void
  ) {
    let items: [EventReader.Item]
    let version = tombstones.version
    do { items = try reader.read(body, form, now: now()) } catch { return then(.failure(error)) }
    accept(IntakeBatch(tombstones.screen(items), version: version, bytes: body.count, keep: keep, then: then))
  }

  /// The same for events that need no reading. Their `at` must be checked.
  public func accept(
    _ events: [IncomingEvent], then: @escaping @Sendable (Result<IntakeAnswer, any Error>) -> Void
  ) {
    let bytes = events.reduce(0) { $0 + $1.properties.count + 256 }
    let version = tombstones.version
    accept(IntakeBatch(tombstones.screen(events.map { .event($0) }), version: version, bytes: bytes, then: then))
  }

  private func accept(_ batch: IntakeBatch) {
    if batch.events.isEmpty { return finish(batch, .success(batch.answer([]))) }
    enum Place { case full, queued, first }
    let place = waiting.withLock { waiting -> Place in
      guard waiting.hasRoom(for: batch, limits) else { return .full }
      waiting.add(batch)
      defer { waiting.isScheduled = true }
      return waiting.isScheduled ? .queued : .first
    }
    switch place {
    case .full: finish(batch, .failure(StoreUnavailable(reason: "too many events are waiting to be stored")))
    case .queued: break
    case .first: schedule()
    }
  }

  private func schedule() {
    let round = IntakeRound()
    writer.submitFirst({ [self] db, now in
      let batches = round.batches ?? take()
      round.batches = batches
      round.outcomes = try tombstones.append(batches, to: log, now: now, db)
      try Self.keep(batches, round.outcomes, now: now, db)
    }) { [self] result in answer(round, result) }
  }

  /// The oldest calls, about a round's worth; with more left, another job is on its way.
  private func take() -> [IntakeBatch] {
    let (taken, isMore) = waiting.withLock { waiting in
      let taken = waiting.takeRound(limits)
      waiting.isScheduled = !waiting.batches.isEmpty
      return (taken, waiting.isScheduled)
    }
    if isMore { schedule() }
    return taken
  }

  private static func keep(
    _ batches: [IntakeBatch], _ outcomes: [EventLog.Outcome], now: Int64, _ db: Connection
  ) throws {
    var start = 0
    for batch in batches {
      let end = start + batch.events.count
      if let keep = batch.keep { try keep(batch.answer(outcomes[start..<end]), db, now) }
      start = end
    }
  }

  private func answer(_ round: IntakeRound, _ result: Result<Void, any Error>) {
    // A job that never ran has taken nothing yet.
    let batches = round.batches ?? take()
    var start = 0
    for batch in batches {
      let end = start + batch.events.count
      finish(batch, result.map { batch.answer(round.outcomes[start..<end]) })
      start = end
    }
  }

  private func finish(_ batch: IntakeBatch, _ result: Result<IntakeAnswer, any Error>) {
    waiting.withLock { waiting in
      switch result {
      case .success(let answer):
        waiting.figures.accepted += answer.accepted
        waiting.figures.duplicates += answer.duplicates
        waiting.figures.rejected += answer.rejected.count
      case .failure: waiting.figures.unavailable += 1
      }
    }
    batch.then(result)
  }
}

/// What one job of intake has at hand. A job that is run again has taken its calls already.
private final class IntakeRound: @unchecked Sendable {
  // Unchecked: used by the job and its answer alone, one after the other.
  var batches: [IntakeBatch]?
  var outcomes: [EventLog.Outcome] = []
}
