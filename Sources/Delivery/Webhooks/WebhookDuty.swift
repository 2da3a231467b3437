import Domain
import Engine
public import SQL
import Synchronization

/// The duty that has due posts handed to webhooks and notes how they ended. A post is told apart by its id: after a
/// crash it may come again, as Standard Webhooks has it.
public final class WebhookDuty: Duty {
  public struct Figures: Sendable {
    public var delivered = 0
    public var failed = 0
    public var givenUp = 0
  }

  /// Pauses between tries: 75 hours in all.
  private static let pauses: [Int64] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 84_000]
  private static let forgottenAtOnce = 100

  private let line: WebhookLine
  /// In front of every id, so that two installations never share one.
  private let instance: String
  private let store = WebhookStore()
  private let report: (String) -> Void
  private let arrived = Mutex<[WebhookOutcome]>([])
  private let figures = Mutex(Figures())
  private var recording: [WebhookOutcome] = []
  private var jobs: [WebhookLine.Job] = []
  private var inHand: Set<Int64> = []
  /// Until when a webhook asked for patience.
  private var held: [String: Timestamp] = [:]
  /// Called when a webhook was disabled: the engine is to read them anew.
  private let changed: () -> Void

  public init(
    _ line: WebhookLine, instance: String, changed: @escaping () -> Void,
    report: @escaping (String) -> Void = { _ in }
  ) {
    (self.line, self.instance, self.changed, self.report) = (line, instance, changed, report)
  }

  public var metrics: Figures { figures.withLock { $0 } }

  /// From any thread; the writer is to be woken afterwards.
  public func accept(_ outcome: WebhookOutcome) { arrived.withLock { $0.append(outcome) } }

  public func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    let now = Timestamp(milliseconds: now)
    recording = arrived.withLock { outcomes in
      defer { outcomes = [] }
      return outcomes
    }
    for outcome in recording { try record(outcome, now: now, db) }
    let done = Set(recording.map(\.post.id))
    let busy = inHand.subtracting(done)
    let room = line.free
    held = held.filter { $0.value > now }
    var known: [String: Webhook?] = [:]
    var dropped = 0
    for post in try store.due(by: now, besides: held.keys.sorted(), limit: room + busy.count, db)
    where !busy.contains(post.id) && jobs.count < room {
      let webhook = try known[post.webhook] ?? store.webhook(post.webhook, db)
      known[post.webhook] = webhook
      guard let webhook, webhook.disabled == nil else {
        try store.failed(post.id, because: "the webhook is gone or disabled", again: nil, db)
        dropped += 1
        continue
      }
      jobs.append(job(post, webhook, now: now))
    }
    try store.forget(
      givenUpBefore: now + -WebhookStore.keptMilliseconds, limit: Self.forgottenAtOnce, db)
    if dropped > 0 { return .more }
    // What is in hand or has no room is looked at again when an outcome comes.
    return .idle(until: try moments(db).filter { $0 > now.milliseconds }.min())
  }

  public func committed() {
    for outcome in recording { inHand.remove(outcome.post.id) }
    for job in jobs { inHand.insert(job.post.id) }
    line.add(jobs)
    (jobs, recording) = ([], [])
  }

  public func rolledBack() {
    let lost = recording
    arrived.withLock { $0 = lost + $0 }
    (jobs, recording) = ([], [])
  }

  private func job(_ post: WebhookStore.Post, _ webhook: Webhook, now: Timestamp) -> WebhookLine.Job {
    let body = Array(post.body.utf8)
    let headers = WebhookSigner.headers(
      id: "\(instance)_\(post.id)", seconds: now.milliseconds / 1000, body: body, secret: webhook.secret)
    return WebhookLine.Job(post: post, request: WebhookRequest(url: webhook.url, headers: headers, body: body))
  }

  private func record(_ outcome: WebhookOutcome, now: Timestamp, _ db: Connection) throws {
    let post = outcome.post
    switch outcome.answer {
    case .delivered:
      try store.done(post.id, db)
      figures.withLock { $0.delivered += 1 }
    case .gone:
      try store.disable(post.webhook, because: "it answered 410 at \(now.rfc3339)", db)
      try store.failed(post.id, because: "status 410", again: nil, db)
      changed()
      report("the webhook \(post.webhook) answered 410 and is disabled; PUT it again to go on")
    case .throttled(let after, let reason):
      try retry(post, because: reason, now: now, db)
      held[post.webhook] = now + Int64(after * 1000)
    case .failed(let reason): try retry(post, because: reason, now: now, db)
    }
  }

  private func retry(_ post: WebhookStore.Post, because reason: String, now: Timestamp, _ db: Connection) throws {
    let isOver = post.attempts >= Self.pauses.count || now - post.createdAt >= WebhookStore.triedMilliseconds
    let pause = Self.pauses[min(post.attempts, Self.pauses.count - 1)] * 1000
    // Up to a tenth more, by a hash: not all at once.
    let jitter = Int64(StableHash.share(of: "\(post.id) \(post.attempts)")) * pause / 100_000
    try store.failed(post.id, because: reason, again: isOver ? nil : now + (pause + jitter), db)
    figures.withLock { figures in
      figures.failed += 1
      if isOver { figures.givenUp += 1 }
    }
  }
}

extension WebhookDuty {
  /// When something is to be posted next, for a clock that jumps there. On the writer's thread.
  public func nextDue(_ db: Connection) throws -> Int64? { try moments(db).min() }

  /// When something may be posted: what is due next, and the ends of holds.
  private func moments(_ db: Connection) throws -> [Int64] {
    [try store.nextDue(besides: held.keys.sorted(), db)].compactMap { $0 } + held.values.map(\.milliseconds)
  }

  /// Whether nothing is in hand. On the writer's thread.
  public var isIdle: Bool { arrived.withLock { $0.isEmpty } && jobs.isEmpty && inHand.isEmpty }
}
