import SQL
import Testing
import Threads

@Suite struct LongReaderTests {
  private let folder = TestFolder()
  private static let pagesBetween = 50

  /// Asks without an end, and once more whenever it is broken off, until told to stop.
  private final class Asker: Sendable {
    private struct State {
      var holds = 0
      var endings: [Bool] = []
      var isStopped = false
    }

    private let readers: Readers
    private let read: @Sendable (Connection) throws -> Void
    private let state = Monitor(State())

    init(_ readers: Readers, _ read: @escaping @Sendable (Connection) throws -> Void) {
      (self.readers, self.read) = (readers, read)
    }

    /// Returns once it has a view of the file.
    func ask() {
      let before = state.withLock { $0.holds }
      submit()
      state.wait { $0.holds > before ? () : nil }
    }

    private func submit() {
      readers.submit { [self] db in
        if state.withLock({ $0.isStopped }) { return }
        do {
          try db.savepoint {
            _ = try db.first("SELECT count(*) FROM t") { $0.int(0) }
            state.update { $0.holds += 1 }
            try read(db)
          }
        } catch let error as SQLError {
          let isStopped = state.update { state in
            state.endings.append(error.isInterrupted)
            return state.isStopped
          }
          if !isStopped { submit() }
        }
      } rejected: {
      }
    }

    func stop() { state.update { $0.isStopped = true } }

    /// Whether each reading was broken off.
    var endings: [Bool] { state.withLock { $0.endings } }
  }

  @Test(
    "under constant writes a reader without an end is broken off, and the log stays short",
    arguments: [
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
      "SELECT count(*) FROM t",
    ])
  func endless(_ question: String) throws {
    let db = try folder.writer(pagesBetweenCheckpoints: Self.pagesBetween)
    try db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
    let readers = try Readers(path: folder.database, count: 1, queueLimit: 10, secondsPerJob: 3_600)
    let writer = Writer(connection: db, duties: [], now: { 0 }, quiet: { readers.quiet(olderThan: 0, $0) })
    let asker = Asker(readers) { db in
      while true { _ = try db.first(question) { $0.int(0) } }
    }
    asker.ask()
    let text = String(repeating: "x", count: 3_000)
    var longest: Int64 = 0
    for _ in 0..<1_500 {
      try writer.perform { db, _ in try db.run("INSERT INTO t (b) VALUES ($1)", [.text(text)]) }
      longest = max(longest, try StoreSize(db).logBytes)
    }
    asker.stop()
    readers.quiet(olderThan: 0) {}
    readers.stop()
    writer.stop()
    #expect(longest <= Int64(5 * Self.pagesBetween) * 4_120)
    #expect(asker.endings.count > 2)
    #expect(asker.endings.allSatisfy { $0 })
  }

  @Test("what the file takes, and what of it is free, is known")
  func size() throws {
    let db = try folder.writer()
    try db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
    for _ in 0..<50 { try db.run("INSERT INTO t (b) VALUES ($1)", [.text(String(repeating: "x", count: 3_000))]) }
    let full = try StoreSize(db)
    #expect(full.bytes > 50 * 4_096)
    #expect(full.freeBytes == 0)
    #expect(full.logBytes > 50 * 4_096)
    try db.run("DELETE FROM t")
    let emptied = try StoreSize(db)
    #expect(emptied.bytes == full.bytes)
    #expect(emptied.freeBytes > 40 * 4_096)
  }
}
