import Synchronization

/// Which calls with an Idempotency-Key are under way. Each waits with its whole body, so they are bounded in bytes.
final class RunningCalls: Sendable {
  private struct Calls {
    /// Bytes of the body, by the key's id.
    var bodies: [[UInt8]: Int] = [:]
    var bytes = 0
  }

  private let calls = Mutex(Calls())
  private let mostBytes: Int

  /// - Parameter mostBytes: of all their bodies; one call always has room when there is no other.
  init(mostBytes: Int) { self.mostBytes = mostBytes }

  /// - Throws: 409 while the same call is under way, 503 where there is no room for its body.
  func begin(_ key: IdempotencyKey, bytes: Int) throws(Problem) -> RunningCall {
    let refusal = calls.withLock { calls -> Problem? in
      if calls.bodies[key.id] != nil { return .callUnderWay }
      guard calls.bodies.isEmpty || calls.bytes + bytes <= mostBytes else {
        return .overloaded(retryAfterSeconds: 1)
      }
      calls.bodies[key.id] = bytes
      calls.bytes += bytes
      return nil
    }
    if let refusal { throw refusal }
    return RunningCall(key.id, of: self)
  }

  fileprivate func end(_ id: [UInt8]) {
    calls.withLock { calls in calls.bytes -= calls.bodies.removeValue(forKey: id) ?? 0 }
  }
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
