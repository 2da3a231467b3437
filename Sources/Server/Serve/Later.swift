import Synchronization

/// A way to somebody who is made later: what comes before is kept for him.
final class Later<Value: Sendable>: Sendable {
  private struct State {
    var receiver: (@Sendable (Value) -> Void)?
    var kept: [Value] = []
  }

  private let state = Mutex(State())

  func send(_ value: Value) {
    let receiver = state.withLock { state in
      if state.receiver == nil { state.kept.append(value) }
      return state.receiver
    }
    receiver?(value)
  }

  /// Once.
  func receive(_ receiver: @escaping @Sendable (Value) -> Void) {
    let kept = state.withLock { state in
      defer { state.kept = [] }
      state.receiver = receiver
      return state.kept
    }
    kept.forEach(receiver)
  }
}
