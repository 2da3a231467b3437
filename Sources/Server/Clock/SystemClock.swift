import Glibc
import Synchronization

/// The clock on the wall in milliseconds, kept from going back. Any thread.
final class SystemClock: Sendable {
  private let slewed = Mutex(SlewedTime())

  func now() -> Int64 {
    // Read inside: who reads first is asked first.
    slewed.withLock { $0.now(wall: Self.wall(), monotonic: Self.monotonic()) }
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
