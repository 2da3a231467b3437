import Synchronization
import Threads

/// Threads that read: each has a connection of its own, which sees the last commit and never waits for the writer.
public final class Readers: @unchecked Sendable {
  // Unchecked: `threads` is written in init and emptied once by `stop`; the queue is behind the monitor's lock.
  private typealias Job = @Sendable (Connection) throws -> Void

  private struct Queue {
    var jobs: [Job] = []
    var isStopping = false
    /// No job begins.
    var isHeld = false
  }

  private let queue = Monitor(Queue())
  private let queueLimit: Int
  private let report: @Sendable (String) -> Void
  private let readers: [Reader]
  private var threads: [WorkerThread] = []

  /// - Parameters:
  ///   - path: of a database that exists.
  ///   - count: threads.
  ///   - queueLimit: jobs that may wait; one more is rejected.
  ///   - secondsPerJob: a job's statements are broken off after that with an error that `isInterrupted`.
  ///   - report: gets a line for the log when a job threw; called on a reader's thread.
  public init(
    path: String, count: Int, queueLimit: Int, secondsPerJob: Double = 10, vfs: String? = nil,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) throws {
    self.queueLimit = queueLimit
    self.report = report
    let settings = Connection.Settings(vfs: vfs, cacheKiB: 8_192)
    readers = try (0..<count).map { _ in
      Reader(try Connection(path: path, mode: .reader, settings: settings), seconds: secondsPerJob)
    }
    for (index, reader) in readers.enumerated() {
      threads.append(WorkerThread(name: "reader-\(index)") { self.loop(reader) })
    }
  }

  /// Runs the job on a reader's thread, or calls `rejected` at once if too many wait or the readers have stopped.
  public func submit(_ job: @escaping @Sendable (Connection) throws -> Void, rejected: () -> Void) {
    let isTaken = queue.update { queue in
      guard !queue.isStopping, queue.jobs.count < queueLimit else { return false }
      queue.jobs.append(job)
      return true
    }
    if !isTaken { rejected() }
  }

  /// Blocks until the job is done. Not from a reader's own thread. Throws `StoreUnavailable` if too many wait.
  public func read<T: Sendable>(_ job: @escaping @Sendable (Connection) throws -> T) throws -> T {
    let box = Monitor<Result<T, any Error>?>(nil)
    submit { db in
      let result = Result { try job(db) }
      box.update { $0 = result }
    } rejected: {
      box.update { $0 = .failure(StoreUnavailable(reason: "\(queueLimit) reads are waiting already")) }
    }
    return try box.wait { $0 }.get()
  }

  /// Lets no job begin until `body` is over, and ends the statements of those that have taken so long already, as at the
  /// end of their time: the writer wants the log that they hold. From one thread.
  public func quiet(olderThan seconds: Double = 0.1, _ body: () -> Void) {
    queue.withLock { $0.isHeld = true }
    defer { queue.update { $0.isHeld = false } }
    for reader in readers { reader.breakOff(seconds) }
    body()
  }

  /// Finishes what is queued, then closes the connections. Blocks. Before `Writer.stop`, so that the writer closes
  /// the file last.
  public func stop() {
    queue.update { $0.isStopping = true }
    for thread in threads { thread.join() }
    threads = []
  }

  private func loop(_ reader: Reader) {
    while let job = next() {
      do { try reader.run(job) } catch { report("a read failed: \(error)") }
    }
    reader.close()
  }

  /// Blocks; nil: stop.
  private func next() -> Job? {
    queue.wait { queue -> Job?? in
      if queue.isHeld { return nil }
      if !queue.jobs.isEmpty { return queue.jobs.removeFirst() }
      return queue.isStopping ? .some(nil) : nil
    }
  }
}

/// One reader's connection on the way to its thread.
private final class Reader: @unchecked Sendable {
  // Unchecked: made on one thread, used by one other, which was started after it; but for the limit, behind its lock.
  private let connection: Connection
  private let seconds: Double
  private let limit = Mutex<TimeLimit?>(nil)

  init(_ connection: Connection, seconds: Double) {
    self.connection = connection
    self.seconds = seconds
  }

  func run(_ job: (Connection) throws -> Void) throws {
    let limit = TimeLimit(seconds: seconds)
    self.limit.withLock { $0 = limit }
    defer { self.limit.withLock { $0 = nil } }
    try connection.limited(by: limit) { try job(connection) }
  }

  func breakOff(_ seconds: Double) { limit.withLock { $0 }?.end(ifOlderThan: seconds) }

  func close() { connection.close() }
}
