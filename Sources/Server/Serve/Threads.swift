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
