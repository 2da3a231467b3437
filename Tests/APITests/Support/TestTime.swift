import Synchronization

final class TestTime: Sendable {
  private let milliseconds = Mutex<Int64>(1_772_452_800_000)

  var now: Int64 {
    get { milliseconds.withLock { $0 } }
    set { milliseconds.withLock { $0 = newValue } }
  }
}

/// Carries what one thread alone uses through closures that any could call.
final class UncheckedBox<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}
