import HTTP
import Synchronization

/// Time that passes when a test says so.
final class ManualClock: Sendable {
  private let milliseconds = Atomic<Int64>(1_000_000)

  var clock: HTTPClock {
    HTTPClock(wall: { 0 }, monotonic: { self.milliseconds.load(ordering: .sequentiallyConsistent) })
  }

  func pass(_ seconds: Double) {
    milliseconds.add(Int64(seconds * 1_000), ordering: .sequentiallyConsistent)
  }
}
