import Synchronization

/// A clock that stands still until it is moved, so that days of a chain pass in a second. Any thread.
final class TestClock: Sendable {
  private let time: Atomic<Int64>

  init(at time: Int64) { self.time = Atomic(time) }

  func now() -> Int64 { time.load(ordering: .acquiring) }

  /// Forward only.
  func move(to later: Int64) { _ = time.max(later, ordering: .acquiringAndReleasing) }
}
