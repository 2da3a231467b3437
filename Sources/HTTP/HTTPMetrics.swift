import Synchronization

/// What a server has done since it started, and what it holds now.
public struct HTTPMetrics: Sendable, Equatable {
  /// Open now.
  public var connections = 0
  public var connectionsAccepted = 0
  /// Turned away because there were too many.
  public var connectionsRefused = 0
  /// Handed to the handler.
  public var requests = 0
  /// Refused by the parser or a limit of size.
  public var badRequests = 0
  /// Cut or answered 408 because a deadline passed while something was under way.
  public var timeouts = 0
  public var bytesReceived = 0
  public var bytesSent = 0
}

/// The counters behind the metrics; loops add, anybody reads.
final class HTTPCounters: Sendable {
  let connections = Atomic(0)
  let accepted = Atomic(0)
  let refused = Atomic(0)
  let requests = Atomic(0)
  let badRequests = Atomic(0)
  let timeouts = Atomic(0)
  let received = Atomic(0)
  let sent = Atomic(0)

  var metrics: HTTPMetrics {
    HTTPMetrics(
      connections: connections.load(ordering: .relaxed), connectionsAccepted: accepted.load(ordering: .relaxed),
      connectionsRefused: refused.load(ordering: .relaxed), requests: requests.load(ordering: .relaxed),
      badRequests: badRequests.load(ordering: .relaxed), timeouts: timeouts.load(ordering: .relaxed),
      bytesReceived: received.load(ordering: .relaxed), bytesSent: sent.load(ordering: .relaxed))
  }
}
