public import Domain

/// A person does it: handing over puts a task into the operators' queue, in the same database and the same transaction
/// that records the outcome, so nothing can be lost between the two.
public struct TaskAdapter: ChannelAdapter {
  public let connections: Int

  public init(connections: Int = 8) { self.connections = connections }

  public var isIdempotent: Bool { true }
  public var opensTask: Bool { true }

  public func connect() -> any ChannelConnection { AtOnce() }
}
