import Delivery
import Synchronization

/// The lines of all channels, which a stop closes before it ends them: from then on nothing is claimed, and what was
/// claimed is handed over. Ended at once, a line would leave what waits in it `sending`, unknown at the next start.
final class ClosableLines: Dispatch, Sendable {
  private let lines: Lines
  private let isClosed = Atomic(false)

  init(_ lines: Lines) { self.lines = lines }

  func free(_ channel: String) -> Int { isClosed.load(ordering: .acquiring) ? 0 : lines.free(channel) }

  func mayRepeat(_ channel: String) -> Bool { lines.mayRepeat(channel) }

  func opensTask(_ channel: String) -> Bool { lines.opensTask(channel) }

  func handOver(_ claims: [Claim]) { lines.handOver(claims) }

  func start() { lines.start() }

  /// Rounds that begin after this claim nothing.
  func close() { isClosed.store(true, ordering: .releasing) }

  /// Messages waiting or in hand.
  var busy: Int { lines.busy.values.reduce(0, +) }

  /// Waits until everything claimed has been handed over, then ends the threads.
  /// - Returns: whether all of it was within the time.
  func end(within seconds: Double) -> Bool {
    let deadline = SystemClock.monotonic() + Int64(seconds * 1000)
    while busy > 0 {
      guard SystemClock.monotonic() < deadline else { return false }
      Pause.microseconds(2_000)
    }
    lines.stop()
    return true
  }
}
