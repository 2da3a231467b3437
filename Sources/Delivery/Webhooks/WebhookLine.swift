public import Domain
import Engine
import Threads

/// The threads that post to webhooks, and what is on its way to them.
public final class WebhookLine: @unchecked Sendable {
  // Unchecked: `threads` is touched by `start` and `stop` alone, which one owner calls in this order; the rest is behind
  // the monitor or never changes.
  struct Job: Sendable {
    let post: WebhookStore.Post
    let request: WebhookRequest
  }

  private struct State {
    var waiting: [Job] = []
    var inHand = 0
    var isClosed = false
  }

  private let door: any WebhookDoor
  private let count: Int
  private let state = Monitor(State())
  private var threads: [WorkerThread] = []
  /// Gets each post's answer, on the connection's thread.
  private let settled: @Sendable (WebhookOutcome) -> Void

  public init(_ door: any WebhookDoor, connections: Int, settled: @escaping @Sendable (WebhookOutcome) -> Void) {
    (self.door, count, self.settled) = (door, connections, settled)
  }

  var free: Int { state.withLock { $0.isClosed ? 0 : max(0, count - $0.waiting.count - $0.inHand) } }

  func add(_ jobs: [Job]) {
    state.update(waking: { state in
      guard !state.isClosed else { return 0 }
      state.waiting.append(contentsOf: jobs)
      return jobs.count
    })
  }

  public func start() {
    threads = (0..<count).map { number in WorkerThread(name: "webhook-\(number)") { [self] in work() } }
  }

  /// What waits stays in the queue on disk; what is in hand is waited for, at most as long as a request may take.
  public func stop() {
    let () = state.update { state in (state.isClosed, state.waiting) = (true, []) }
    for thread in threads { thread.join() }
    threads = []
  }

  private func work() {
    let connection = door.connect()
    while let job = next() {
      let answer = connection.post(job.request)
      state.withLock { $0.inHand -= 1 }
      settled(WebhookOutcome(post: job.post, answer: answer))
    }
  }

  /// Blocks; nil: it is closed.
  private func next() -> Job? {
    state.wait { state -> Job?? in
      if state.isClosed { return .some(nil) }
      guard !state.waiting.isEmpty else { return nil }
      state.inHand += 1
      return .some(state.waiting.removeFirst())
    }
  }
}

/// How a post ended.
public struct WebhookOutcome: Sendable {
  let post: WebhookStore.Post
  let answer: WebhookAnswer
}
