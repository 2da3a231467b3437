/// A time that neither goes back nor stands still when the clock on the wall is set back: it goes on at half speed until
/// the wall has caught up. So what was set back by an hour is right again after two, waits end late and never early, and
/// nobody waits for hours in front of a stopped clock.
struct SlewedTime {
  private var shown: Int64?
  /// The monotonic time at which `shown` was right.
  private var anchor: Int64 = 0

  /// Milliseconds, both.
  mutating func now(wall: Int64, monotonic: Int64) -> Int64 {
    let slowly = shown.map { $0 + max(0, monotonic - anchor) / 2 } ?? wall
    guard let last = shown, wall < slowly else {
      (shown, anchor) = (wall, monotonic)
      return wall
    }
    (shown, anchor) = (slowly, anchor + (slowly - last) * 2)
    return slowly
  }
}
