import Glibc

/// The two clocks of a server: one for the `Date` field, one for deadlines. Handed in, so that tests can hold either.
public struct HTTPClock: Sendable {
  /// Milliseconds since 1970, UTC.
  let wall: @Sendable () -> Int64
  /// Milliseconds since some moment; never goes back.
  let monotonic: @Sendable () -> Int64

  public init(wall: @escaping @Sendable () -> Int64, monotonic: @escaping @Sendable () -> Int64) {
    self.wall = wall
    self.monotonic = monotonic
  }

  /// The clocks of the host.
  public static let system = HTTPClock(
    wall: { read(CLOCK_REALTIME) },
    monotonic: { read(CLOCK_MONOTONIC) })

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}
