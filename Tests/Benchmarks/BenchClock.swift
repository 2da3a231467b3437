import Synchronization

/// The wall clock, which can be moved on: so that what waits for days falls due at once.
final class BenchClock: Sendable {
  private let ahead = Atomic<Int64>(0)

  @Sendable
  func now() -> Int64 { BenchWorld.milliseconds() + ahead.load(ordering: .relaxed) }

  func moveOn(days: Int64) { ahead.add(days * 86_400_000, ordering: .relaxed) }
}
