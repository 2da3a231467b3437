public import Domain
import SQL

/// The server's dispatch: for every channel a line of threads, each with one connection of the adapter's.
public final class Lines: Dispatch, @unchecked Sendable {
  // Unchecked: the dictionary never changes after `init`, and a line guards itself.
  private let lines: [String: Line]

  /// - Parameters:
  ///   - adapters: by channel.
  ///   - settled: gets every claim's outcome, on the connection's thread.
  public init(
    adapters: [String: any ChannelAdapter], renderer: Renderer, settled: @escaping @Sendable (Outcome) -> Void
  ) {
    lines = Dictionary(
      uniqueKeysWithValues: adapters.map { channel, adapter in
        (channel, Line(channel: channel, adapter: adapter, renderer: renderer, settled: settled))
      })
  }

  public func free(_ channel: String) -> Int { lines[channel]?.free ?? 0 }

  public func mayRepeat(_ channel: String) -> Bool { lines[channel]?.adapter.isIdempotent ?? false }

  public func opensTask(_ channel: String) -> Bool { lines[channel]?.adapter.opensTask ?? false }

  public func handOver(_ claims: [Claim]) {
    for claim in claims { lines[claim.channel]?.add(claim) }
  }

  public func start() { for line in lines.values { line.start() } }

  /// Takes no more; what a connection has in hand it finishes. What waits in line stays `sending` on disk and is settled
  /// at the next start. Blocks until all threads have ended.
  public func stop() {
    for line in lines.values { line.end() }
    for line in lines.values { line.join() }
  }

  /// Messages in hand, by channel.
  public var busy: [String: Int] { lines.mapValues { $0.busy } }
}

/// One channel's threads and the claims on their way to them.
final class Line: @unchecked Sendable {
  // Unchecked: `threads` is touched by start and join alone, which one owner calls in this order; the rest is behind the
  // monitor or never changes.
  let adapter: any ChannelAdapter
  private let channel: String
  private let renderer: Renderer
  private let settled: @Sendable (Outcome) -> Void
  private let state = Monitor(State())
  private var threads: [WorkerThread] = []

  private struct State {
    var waiting: [Claim] = []
    var inHand = 0
    var hasEnded = false
  }

  init(
    channel: String, adapter: any ChannelAdapter, renderer: Renderer, settled: @escaping @Sendable (Outcome) -> Void
  ) {
    (self.channel, self.adapter, self.renderer, self.settled) = (channel, adapter, renderer, settled)
  }

  var free: Int {
    state.withLock { $0.hasEnded ? 0 : max(0, adapter.connections - $0.waiting.count - $0.inHand) }
  }

  var busy: Int { state.withLock { $0.waiting.count + $0.inHand } }

  func add(_ claim: Claim) { state.update { $0.waiting.append(claim) } }

  func start() {
    threads = (0..<adapter.connections).map { number in
      WorkerThread(name: "\(channel.prefix(10))-\(number)") { [self] in work() }
    }
  }

  func end() { state.update { $0.hasEnded = true } }

  func join() {
    for thread in threads { thread.join() }
    threads = []
  }

  private func work() {
    let connection = adapter.connect()
    defer { connection.close() }
    while let claim = next() {
      let outcome = handOver(claim, connection)
      // First free, then told: the round that records the outcome may claim the next.
      state.withLock { $0.inHand -= 1 }
      settled(outcome)
    }
  }

  /// Blocks; nil: the line has ended.
  private func next() -> Claim? {
    state.wait { state -> Claim?? in
      if state.hasEnded { return .some(nil) }
      guard !state.waiting.isEmpty else { return nil }
      state.inHand += 1
      return .some(state.waiting.removeFirst())
    }
  }

  private func handOver(_ claim: Claim, _ connection: any ChannelConnection) -> Outcome {
    switch renderer.make(claim) {
    case .failure(let code, let detail):
      return Outcome(claim: claim, result: .unrenderable(code: code, detail: detail))
    case .message(let message):
      let answer = connection.send(message)
      let task = adapter.opensTask ? TaskText(subject: message.subject, text: message.text ?? "") : nil
      return Outcome(claim: claim, result: .handed(answer), task: task)
    }
  }
}
