public import Domain

/// Nothing leaves the machine: the send ledger is all there is. The default of every channel.
public struct LogAdapter: ChannelAdapter {
  public let connections: Int

  public init(connections: Int = 8) { self.connections = connections }

  public var isIdempotent: Bool { true }
  public var opensTask: Bool { false }

  public func connect() -> any ChannelConnection { AtOnce() }
}

/// Accepts whatever it is handed.
final class AtOnce: ChannelConnection {
  func send(_ message: OutgoingMessage) -> HandOver { .accepted(providerID: nil) }
  func close() {}
}
