public import SQL

/// The duty that forgets calls with an Idempotency-Key a day after they were made, so many rows a round.
public final class IdempotencyExpiry: Duty {
  private static let slice: Int64 = 500
  static let millisecondsBetweenLooks: Int64 = 3_600_000

  private var lastLook: Int64 = .min
  private var nextLook: Int64 = .min

  public init() {}

  public func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    // A clock that was set back does not stretch the rest.
    if now < nextLook, now >= lastLook { return .idle(until: nextLook) }
    // Those of a clock that ran ahead would stand before all others until it is that late again.
    let deleted = try db.run(
      """
      DELETE FROM idempotent_calls WHERE (at <= $1 OR at > $2)
        AND seq IN (SELECT seq FROM idempotent_calls ORDER BY seq LIMIT $3)
      """,
      [
        .int(now - IdempotentAnswers.milliseconds), .int(now + IdempotentAnswers.milliseconds), .int(Self.slice),
      ])
    if deleted == Self.slice { return .more }
    (lastLook, nextLook) = (now, now + Self.millisecondsBetweenLooks)
    return .idle(until: nextLook)
  }

  public func committed() {}

  public func rolledBack() { nextLook = .min }
}
