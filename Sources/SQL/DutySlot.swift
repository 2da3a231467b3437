/// A duty and how it fares: one that fails is left out of rounds for a while, longer each time, never for good.
/// The while is counted on the monotonic clock: a wall clock that stands still or is set back does not stretch it.
final class DutySlot {
  private static let longestPauseMilliseconds: Int64 = 1_000

  let duty: any Duty
  private var failures: Int64 = 0
  private var pausedUntil: Int64 = 0

  init(_ duty: any Duty) { self.duty = duty }

  /// Milliseconds until it may be asked again, 0: now.
  func pause(at nanoseconds: Int64) -> Int64 { max(0, (pausedUntil - nanoseconds + 999_999) / 1_000_000) }

  func failed(at nanoseconds: Int64) {
    failures = min(failures + 1, 10)
    pausedUntil = nanoseconds + min(DutySlot.longestPauseMilliseconds, 5 << failures) * 1_000_000
  }

  func succeeded() {
    failures = 0
    pausedUntil = 0
  }
}
