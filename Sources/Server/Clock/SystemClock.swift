import Glibc
import Synchronization

/// The clock on the wall in milliseconds, kept from going back: while it stands behind what it has once shown, it shows
/// that. Any thread; no lock.
final class SystemClock: Sendable {
  private let latest = Atomic<Int64>(0)

  func now() -> Int64 {
    let wall = Self.read(CLOCK_REALTIME)
    return latest.max(wall, ordering: .relaxed).newValue
  }

  /// Milliseconds since some moment in the past; never steps. For time-outs.
  static func monotonic() -> Int64 { read(CLOCK_MONOTONIC) }

  /// The same in nanoseconds, for short durations.
  static func nanoseconds() -> Int64 {
    let time = time(CLOCK_MONOTONIC)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  static func wall() -> Int64 { read(CLOCK_REALTIME) }

  private static func read(_ clock: clockid_t) -> Int64 {
    let time = time(clock)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  private static func time(_ clock: clockid_t) -> timespec {
    var time = timespec()
    clock_gettime(clock, &time)
    return time
  }
}
