import Domain
import Threads

/// One channel's threads and the claims on their way to them.
///
/// While a claim is committed and an outcome recorded, a connection would stand idle. So where hand-overs are quick, as
/// many claims as there are connections wait in line; where they are slow, the pause is nothing beside them, and a
/// message is claimed when a connection is free to take it.
final class Line: @unchecked Sendable {
  // Unchecked: `threads` is touched by `start` and `end` alone, which one owner calls in this order; the rest is behind
  // the monitor or never changes.

  /// A hand-over that takes longer is slow.
  static let quickNanoseconds: Int64 = 20_000_000
  /// What the gate has let pass stays true for so long; where a provider has stalled, it is asked again.
  static let freshNanoseconds: Int64 = 1_000_000_000

  let adapter: any ChannelAdapter
  private let channel: String
  private let renderer: Renderer
  private let monotonic: @Sendable () -> Int64
  private let settled: Lines.Settled
  private let state = Monitor(State())
  private var threads: [WorkerThread] = []

  private struct State {
    var waiting: [(claim: Claim, since: Int64)] = []
    var inHand = 0
    var isClosed = false
    /// How long a hand-over takes, each weighing a sixteenth; nil before the first.
    var nanoseconds: Int64?

    var isQuick: Bool { nanoseconds.map { $0 <= Line.quickNanoseconds } ?? false }

    mutating func note(_ taken: Int64) {
      nanoseconds = nanoseconds.map { $0 + (taken - $0) / 16 } ?? taken
    }

    mutating func takeWaiting() -> [Claim] {
      defer { waiting = [] }
      return waiting.map(\.claim)
    }

    mutating func takeStale(at now: Int64) -> [Claim] {
      let count = waiting.prefix { now - $0.since > Line.freshNanoseconds }.count
      defer { waiting.removeFirst(count) }
      return waiting.prefix(count).map(\.claim)
    }
  }

  /// - Parameter monotonic: nanoseconds since anything.
  init(
    channel: String, adapter: any ChannelAdapter, renderer: Renderer,
    monotonic: @escaping @Sendable () -> Int64 = Monotonic.nanoseconds, settled: @escaping Lines.Settled
  ) {
    (self.channel, self.adapter, self.renderer) = (channel, adapter, renderer)
    (self.monotonic, self.settled) = (monotonic, settled)
  }

  var free: Int {
    state.withLock { state in
      let room = state.isQuick ? 2 * adapter.connections : adapter.connections
      return state.isClosed ? 0 : max(0, room - state.waiting.count - state.inHand)
    }
  }

  var busy: Int { state.withLock { $0.waiting.count + $0.inHand } }

  func add(_ claims: [Claim]) {
    var isTaken = false
    let now = monotonic()
    state.update(waking: { state in
      guard !state.isClosed else { return 0 }
      isTaken = true
      state.waiting += claims.map { ($0, now) }
      return min(claims.count, adapter.connections - state.inHand)
    })
    if !isTaken { giveBack(claims) }
  }

  func start() {
    threads = (0..<adapter.connections).map { number in
      WorkerThread(name: "\(channel.prefix(10))-\(number)", isBatch: true) { [self] in work() }
    }
  }

  func close() {
    giveBack(
      state.update { state in
        state.isClosed = true
        return state.takeWaiting()
      })
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
      let start = monotonic()
      let outcome = handOver(claim, connection)
      let end = monotonic()
      var (left, wantsMore): ([Claim], Bool) = ([], true)
      // First free, then told: the round that records the outcome may claim the next.
      state.update(waking: { state in
        state.inHand -= 1
        state.note(end - start)
        // Who asks for patience is not asked again.
        left = outcome.result.isThrottled ? state.takeWaiting() : state.takeStale(at: end)
        wantsMore = state.waiting.count <= adapter.connections / 2
        return state.isClosed && state.inHand == 0 ? 1 : 0
      })
      settled(outcome, wantsMore)
      giveBack(left)
    }
  }

  /// Blocks; nil: the line is closed.
  private func next() -> Claim? {
    state.wait { state -> Claim?? in
      if !state.waiting.isEmpty {
        state.inHand += 1
        return .some(state.waiting.removeFirst().claim)
      }
      return state.isClosed ? .some(nil) : nil
    }
  }

  private func giveBack(_ claims: [Claim]) {
    for claim in claims { settled(Outcome(claim: claim, result: .untouched), true) }
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

extension Outcome.Result {
  var isThrottled: Bool { if case .handed(.throttled) = self { true } else { false } }
}
