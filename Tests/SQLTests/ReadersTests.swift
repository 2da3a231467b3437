import SQL
import Testing

@Suite struct ReadersTests {
  private let folder = TestFolder()

  @Test("readers answer on threads of their own and see every commit")
  func read() throws {
    let writer = try folder.writer()
    try writer.execute("CREATE TABLE t (a INTEGER)")
    let readers = try Readers(path: folder.database, count: 2, queueLimit: 10)
    for count in 1...50 {
      try writer.run("INSERT INTO t VALUES (1)")
      #expect(try readers.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == Int64(count))
    }
    readers.stop()
    #expect(throws: StoreUnavailable.self) { try readers.read { _ in } }
  }

  @Test("a job's error is the caller's, and the reader goes on")
  func error() throws {
    try folder.writer().execute("CREATE TABLE t (a INTEGER)")
    let readers = try Readers(path: folder.database, count: 1, queueLimit: 10)
    #expect(throws: SQLError.self) { try readers.read { try $0.run("INSERT INTO t VALUES (1)") } }
    #expect(try readers.read { try $0.first("SELECT count(*) FROM t") { $0.int(0) } } == 0)
    readers.stop()
  }

  @Test("an endless read is broken off and the next one is answered")
  func timeLimit() throws {
    try folder.writer().execute("CREATE TABLE t (a INTEGER)")
    let readers = try Readers(path: folder.database, count: 1, queueLimit: 10, secondsPerJob: 0.02)
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    #expect(throws: SQLError.self) { try readers.read { try $0.first(endless) { $0.int(0) } } }
    #expect(try readers.read { try $0.first("SELECT 5") { $0.int(0) } } == 5)
    readers.stop()
  }
}
