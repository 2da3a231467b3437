import Domain
import Threads

/// One channel's threads and the claims on their way to them.
final class Line: @unchecked Sendable {
  // Unchecked: `threads` is touched by `start` and `end` alone, which one owner calls in this order; the rest is behind
  // the monitor or never changes.
  let adapter: any ChannelAdapter
  private let channel: String
  private let renderer: Renderer
  private let settled: @Sendable (Outcome) -> Void
  private let state = Monitor(State())
  private var threads: [WorkerThread] = []

  private struct State {
    var waiting: [Claim] = []
    var inHand = 0
    var isClosed = false
  }

  init(
    channel: String, adapter: any ChannelAdapter, renderer: Renderer, settled: @escaping @Sendable (Outcome) -> Void
  ) {
    (self.channel, self.adapter, self.renderer, self.settled) = (channel, adapter, renderer, settled)
  }

  var free: Int {
    state.withLock { $0.isClosed ? 0 : max(0, adapter.connections - $0.waiting.count - $0.inHand) }
  }

  var busy: Int { state.withLock { $0.waiting.count + $0.inHand } }

  func add(_ claims: [Claim]) {
    var isTaken = false
    state.update(waking: { state in
      guard !state.isClosed else { return 0 }
      isTaken = true
      state.waiting.append(contentsOf: claims)
      return claims.count
    })
    if !isTaken { for claim in claims { settled(Outcome(claim: claim, result: .untouched)) } }
  }

  func start() {
    threads = (0..<adapter.connections).map { number in
      WorkerThread(name: "\(channel.prefix(10))-\(number)") { [self] in work() }
    }
  }

  func close() {
    let untouched = state.update { state in
      state.isClosed = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for claim in untouched { settled(Outcome(claim: claim, result: .untouched)) }
  }

  /// - Parameter deadline: on the monotonic clock, nanoseconds.
  func end(before deadline: Int64) -> Bool {
    state.wait(milliseconds: (deadline - Monotonic.nanoseconds()) / 1_000_000) { $0.inHand == 0 }
    guard busy == 0 else { return false }
    for thread in threads { thread.join() }
    threads = []
    return true
  }

  private func work() {
    let connection = adapter.connect()
    defer { connection.close() }
    while let claim = next() {
      let outcome = handOver(claim, connection)
      // First free, then told: the round that records the outcome may claim the next.
      state.update(waking: { state in
        state.inHand -= 1
        return state.isClosed && state.inHand == 0 ? 1 : 0
      })
      settled(outcome)
    }
  }

  /// Blocks; nil: the line is closed.
  private func next() -> Claim? {
    state.wait { state -> Claim?? in
      if !state.waiting.isEmpty {
        state.inHand += 1
        return .some(state.waiting.removeFirst())
      }
      return state.isClosed ? .some(nil) : nil
    }
  }

  private func handOver(_ claim: Claim, _ connection: any ChannelConnection) -> Outcome {
    switch renderer.make(claim) {
    case .unready(let detail): return Outcome(claim: claim, result: .unready(detail: detail))
    case .failure(let code, let detail):
      return Outcome(claim: claim, result: .unrenderable(code: code, detail: detail))
    case .message(let message):
      let answer = connection.send(message)
      let task = adapter.opensTask ? TaskText(subject: message.subject, text: message.text ?? "") : nil
      return Outcome(claim: claim, result: .handed(answer), task: task)
    }
  }
}
