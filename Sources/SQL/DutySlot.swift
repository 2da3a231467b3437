/// A duty and how it fares: one that fails is left out of rounds for a while, longer each time, never for good.
final class DutySlot {
  static let longestPauseMilliseconds: Int64 = 1_000

  let duty: any Duty
  private var failures = 0
  private var pausedUntil: Int64?

  init(_ duty: any Duty) { self.duty = duty }

  /// When it may be asked again, nil: now.
  func pause(at now: Int64) -> Int64? {
    // A clock set back must not stretch the pause.
    guard let pausedUntil, now < pausedUntil, pausedUntil - now <= DutySlot.longestPauseMilliseconds else { return nil }
    return pausedUntil
  }

  func failed(at now: Int64) {
    failures = min(failures + 1, 10)
    pausedUntil = now + min(DutySlot.longestPauseMilliseconds, 5 << Int64(failures))
  }

  func succeeded() {
    failures = 0
    pausedUntil = nil
  }
}
