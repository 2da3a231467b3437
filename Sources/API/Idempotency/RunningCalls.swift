import Synchronization

/// Which calls with an Idempotency-Key are under way: no more than there are requests in hand.
final class RunningCalls: Sendable {
  private let ids = Mutex<Set<[UInt8]>>([])

  /// Nil: the same call is under way.
  func begin(_ key: IdempotencyKey) -> RunningCall? {
    ids.withLock { $0.insert(key.id).inserted } ? RunningCall(key.id, of: self) : nil
  }

  fileprivate func end(_ id: [UInt8]) { ids.withLock { _ = $0.remove(id) } }
}

/// One of them, until it is answered or given up.
final class RunningCall: Sendable {
  private let id: [UInt8]
  private let calls: RunningCalls
  private let isOver = Atomic(false)

  fileprivate init(_ id: [UInt8], of calls: RunningCalls) { (self.id, self.calls) = (id, calls) }

  func end() {
    if !isOver.exchange(true, ordering: .relaxed) { calls.end(id) }
  }

  deinit { end() }
}
