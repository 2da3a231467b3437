import Dispatch
import Foundation

/// A thread of its own for what blocks: the cooperative pool has as many as there are cores.
func detached(_ body: @escaping @Sendable () -> Void) {
  let thread = Thread(block: body)
  thread.stackSize = 8 << 20
  thread.start()
}

/// The same, awaited.
func onThread<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T {
  await withCheckedContinuation { continuation in
    detached { continuation.resume(returning: body()) }
  }
}

/// Runs `body`, which may block, and waits for it at most so long. It goes on after that on its own thread.
/// - Returns: whether it ended in time.
func ended(within seconds: Double, _ body: @escaping @Sendable () -> Void) -> Bool {
  let done = DispatchSemaphore(value: 0)
  detached {
    body()
    done.signal()
  }
  return done.wait(timeout: .now() + seconds) == .success
}
