/// The store did not take a write: nothing of it was kept, as far as this process knows. To clients: 503.
public struct StoreUnavailable: Error, Sendable, CustomStringConvertible {
  public let retryAfterSeconds: Int
  /// For the log; says what failed, never with what values.
  public let reason: String

  public init(retryAfterSeconds: Int = 1, reason: String) {
    self.retryAfterSeconds = retryAfterSeconds
    self.reason = reason
  }

  public var description: String { "the store takes no writes now: \(reason); try again in \(retryAfterSeconds) s" }
}
