import Synchronization
import Threads

/// Keeps long work to a share of the time: whoever takes a pause waits in proportion to what was done since the last.
final class Pauses: Sendable {
  /// Longer work than this is not made up for: the thread was kept waiting by others.
  private static let longest: Int64 = 100_000_000

  private let share: Double
  private let since = Mutex<Int64>(Monotonic.nanoseconds())

  /// - Parameter share: of the time that may be worked, above 0 and below 1.
  init(share: Double) { self.share = share }

  func take() {
    let worked = since.withLock { min(Self.longest, Monotonic.nanoseconds() - $0) }
    Pause.microseconds(UInt32(Double(max(0, worked)) * (1 - share) / share / 1000))
    since.withLock { $0 = Monotonic.nanoseconds() }
  }
}
