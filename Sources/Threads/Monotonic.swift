import Glibc

/// The clock for time-outs and durations: it never steps. What is stored never comes from it.
public enum Monotonic {
  @Sendable
  public static func nanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
