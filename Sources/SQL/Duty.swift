/// A part of the server that works inside the writer's rounds: a bounded slice a round, in the round's transaction.
///
/// All three calls come on the writer's thread.
public protocol Duty: AnyObject {
  /// A bounded slice of work inside the round's transaction. `now` is the round's time, milliseconds since 1970.
  /// An error rolls back what this round's duties wrote; the jobs of the round are committed without them.
  func work(_ db: Connection, now: Int64) throws -> DutyProgress
  /// The round that `work` took part in, without an error, is on disk. Comes before its jobs are answered.
  func committed()
  /// Forget whatever the lost transaction had put into memory. May come without a `work` before it, and more than once.
  func rolledBack()
}

public enum DutyProgress: Sendable, Equatable {
  /// Has more to do at once.
  case more
  /// Has more to do, which may wait some milliseconds for other work, so that one commit does for both.
  case soon
  /// Nothing before that time (wall clock, ms) unless woken; nil: only when woken.
  case idle(until: Int64?)
}
