internal import CSQLite
internal import Synchronization
internal import Threads

/// How long the statements of one job may take. From any thread it can be cut short.
final class TimeLimit: Sendable {
  private let start = Monotonic.nanoseconds()
  private let deadline: Atomic<Int64>

  init(seconds: Double) { deadline = Atomic(start + TimeLimit.nanoseconds(seconds)) }

  var isOver: Bool { Monotonic.nanoseconds() > deadline.load(ordering: .relaxed) }

  /// Ends it now if it began so long ago.
  func end(ifOlderThan seconds: Double) {
    guard Monotonic.nanoseconds() - start >= TimeLimit.nanoseconds(seconds) else { return }
    deadline.store(.min, ordering: .relaxed)
  }

  private static func nanoseconds(_ seconds: Double) -> Int64 { Int64(min(max(0, seconds), 86_400) * 1e9) }
}

extension Connection {
  /// Breaks off the statements of `body` once so much time has gone by; they throw an error that `isInterrupted`.
  public func limited<T>(seconds: Double, _ body: () throws -> T) rethrows -> T {
    try limited(by: TimeLimit(seconds: seconds), body)
  }

  func limited<T>(by limit: TimeLimit, _ body: () throws -> T) rethrows -> T {
    // SQLite asks every so many of its instructions: about a hundred microseconds.
    sqlite3_progress_handler(
      handle.database, 10_000,
      { $0.map { Unmanaged<TimeLimit>.fromOpaque($0).takeUnretainedValue().isOver } == true ? 1 : 0 },
      Unmanaged.passUnretained(limit).toOpaque())
    self.limit = limit
    defer {
      sqlite3_progress_handler(handle.database, 0, nil, nil)
      self.limit = nil
    }
    return try body()
  }

  /// Many short statements, inside one view of the file, hold it as long as one that is long.
  func requireTime() throws(SQLError) {
    guard let limit, limit.isOver else { return }
    throw SQLError(code: SQLITE_INTERRUPT, message: "interrupted")
  }
}
