import SQL

/// A duty that does nothing but fail when it is told to: it stands for a full disk, a kill, a bug of another duty.
final class Gremlin: Duty {
  enum Mood {
    case content
    /// The store takes nothing: the whole round is lost.
    case losesRound
    /// This duty alone fails: the round is done again without it.
    case fails
  }

  struct Mischief: Error {}

  var mood = Mood.content

  func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    switch mood {
    case .content: return .idle(until: nil)
    case .losesRound: throw SQLError(code: 13, message: "database or disk is full")
    case .fails:
      mood = .content
      throw Mischief()
    }
  }

  func committed() {}

  func rolledBack() {}
}
