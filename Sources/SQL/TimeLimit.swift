internal import CSQLite
import Threads

extension Connection {
  /// Breaks off the statements of `body` once so much time has gone by; they throw an error that `isInterrupted`.
  public func limited<T>(seconds: Double, _ body: () throws -> T) rethrows -> T {
    let deadline = UnsafeMutablePointer<Int64>.allocate(capacity: 1)
    deadline.initialize(to: Monotonic.nanoseconds() + Int64(min(max(0, seconds), 86_400) * 1e9))
    // SQLite asks every so many of its instructions: about a hundred microseconds.
    sqlite3_progress_handler(
      handle.database, 10_000,
      { $0.map { Monotonic.nanoseconds() > $0.load(as: Int64.self) } == true ? 1 : 0 }, deadline)
    defer {
      sqlite3_progress_handler(handle.database, 0, nil, nil)
      deadline.deallocate()
    }
    return try body()
  }
}
