public import SQL

/// A duty that has no work as long as the file is held, and after that begins as at a start.
public final class HeldDuty: Duty {
  private let duty: any Duty
  private let hold: Hold
  private var hasWorked = false

  public init(_ duty: any Duty, while hold: Hold) { (self.duty, self.hold) = (duty, hold) }

  public func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    guard hold.fact == nil else { return .idle(until: nil) }
    hasWorked = true
    return try duty.work(db, now: now)
  }

  public func committed() {
    if hasWorked { duty.committed() }
    hasWorked = false
  }

  public func rolledBack() {
    hasWorked = false
    duty.rolledBack()
  }
}
