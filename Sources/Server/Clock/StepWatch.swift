/// Notices when the clock on the wall was set: it then moved by another length than the monotonic one.
struct StepWatch {
  static let tellingMilliseconds: Int64 = 60_000

  private var offset: Int64?

  /// The step since the last look in milliseconds, forward positive, if it is worth telling.
  mutating func step(wall: Int64, monotonic: Int64) -> Int64? {
    let before = offset
    offset = wall - monotonic
    guard let before, abs(wall - monotonic - before) > Self.tellingMilliseconds else { return nil }
    return wall - monotonic - before
  }
}
