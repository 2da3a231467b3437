import Synchronization

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

/// Looks at the two clocks whenever somebody asks for the time, and says when the wall clock was set.
final class StepReporter: Sendable {
  private let watch = Mutex(StepWatch())
  private let report: @Sendable (_ milliseconds: Int64) -> Void

  init(report: @escaping @Sendable (_ milliseconds: Int64) -> Void) { self.report = report }

  func look() {
    let step = watch.withLock { $0.step(wall: SystemClock.wall(), monotonic: SystemClock.monotonic()) }
    if let step { report(step) }
  }
}
