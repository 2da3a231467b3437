public import Domain
import Threads

/// The server's dispatch: for every channel a line of threads, each with one connection of the adapter's.
public final class Lines: Dispatch, Sendable {
  /// Gets every claim's outcome, on the connection's thread or on that of who closes. `wantsMore`: connections stand
  /// idle, or soon will; otherwise the outcome may wait some milliseconds for others, to be recorded with them.
  public typealias Settled = @Sendable (_ outcome: Outcome, _ wantsMore: Bool) -> Void

  private let lines: [String: Line]

  /// - Parameter adapters: by channel.
  public init(adapters: [String: any ChannelAdapter], renderer: Renderer, settled: @escaping Settled) {
    lines = Dictionary(
      uniqueKeysWithValues: adapters.map { channel, adapter in
        (channel, Line(channel: channel, adapter: adapter, renderer: renderer, settled: settled))
      })
  }

  public func free(_ channel: String) -> Int { lines[channel]?.free ?? 0 }

  public func mayRepeat(_ channel: String) -> Bool { lines[channel]?.adapter.isIdempotent ?? false }

  public func opensTask(_ channel: String) -> Bool { lines[channel]?.adapter.opensTask ?? false }

  public func handOver(_ claims: [Claim]) {
    for (channel, claims) in Dictionary(grouping: claims, by: \.channel) { lines[channel]?.add(claims) }
  }

  public func start() { for line in lines.values { line.start() } }

  /// Takes no more. What waits in line comes back untouched; what a connection has in hand it finishes.
  public func close() { for line in lines.values { line.close() } }

  /// After `close()`: waits for what is in hand.
  /// - Returns: whether all of it ended within the time; the rest is settled at the next start.
  public func end(within seconds: Double) -> Bool {
    let deadline = Monotonic.nanoseconds() + Int64(seconds * 1e9)
    return lines.values.reduce(true) { ended, line in
      line.end(before: deadline) && ended
    }
  }

  /// Messages waiting or in hand, by channel.
  public var busy: [String: Int] { lines.mapValues { $0.busy } }
}
