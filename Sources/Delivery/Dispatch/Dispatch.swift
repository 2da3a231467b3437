/// The way from a committed claim to its outcome: threads with connections in the server, a list in a simulation.
public protocol Dispatch: AnyObject {
  /// How many messages the channel could take now, at most two a connection; 0 for a channel that is not configured.
  func free(_ channel: String) -> Int
  /// Whether a crash during the hand-over may be followed by another try: the far side knows the key, or there is none.
  func mayRepeat(_ channel: String) -> Bool
  /// Whether accepted means that a task for an operator is to be made.
  func opensTask(_ channel: String) -> Bool
  /// Called after the commit, at most as many as were free.
  func handOver(_ claims: [Claim])
}
