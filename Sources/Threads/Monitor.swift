import Glibc

/// A value behind a lock, and a condition to wait for. Waits are counted on the monotonic clock: a step of the wall
/// clock neither shortens nor hangs them.
public final class Monitor<State>: @unchecked Sendable {
  // Unchecked: `state` is only touched with the mutex held.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var state: State

  public init(_ state: State) {
    self.state = state
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Reads or changes the state; who waits is not told.
  public func withLock<T>(_ body: (inout State) throws -> T) rethrows -> T {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&state)
  }

  /// Changes the state and has all who wait look at it.
  public func update<T>(_ body: (inout State) throws -> T) rethrows -> T {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    return try body(&state)
  }

  /// Changes the state and has as many of those who wait look at it as `body` says.
  public func update(waking body: (inout State) -> Int) {
    pthread_mutex_lock(mutex)
    let count = body(&state)
    for _ in 0..<max(0, count) { pthread_cond_signal(condition) }
    pthread_mutex_unlock(mutex)
  }

  /// Blocks until `body` gives a value.
  public func wait<T>(_ body: (inout State) -> T?) -> T {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let value = body(&state) { return value }
      pthread_cond_wait(condition, mutex)
    }
  }

  /// Blocks until `ready` holds, at most so long.
  public func wait(milliseconds: Int64, until ready: (State) -> Bool) {
    let deadline = Monotonic.nanoseconds() + max(0, milliseconds) * 1_000_000
    var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !ready(state) {
      if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { return }
    }
  }
}
