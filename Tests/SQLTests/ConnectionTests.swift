import SQL
import Testing

@Suite struct ConnectionTests {
  private let folder = TestFolder()

  @Test("parameters are bound by their number, not by their place in the text")
  func parametersByNumber() throws {
    let db = try folder.writer()
    let row = try db.first("SELECT $2, $1, $2", ["one", "two"]) { [$0.text(0), $0.text(1), $0.text(2)] }
    #expect(row == ["two", "one", "two"])
  }

  @Test("a wrong number of parameters is an error, not a NULL")
  func wrongCount() throws {
    let db = try folder.writer()
    #expect(throws: SQLError.self) { try db.run("SELECT $1, $2", [1]) }
    #expect(throws: SQLError.self) { try db.run("SELECT ?1", [1]) }
  }

  @Test("every kind of value comes back as it went in", arguments: ["", "\u{0}a\u{0}", "'; DROP TABLE t; --", "имя 🐦"])
  func values(text: String) throws {
    let db = try folder.writer()
    let row = try db.first(
      "SELECT $1, $2, $3, $4, $5", [.text(text), .int(Int64.min), .real(0.1), .blob([0, 1]), nil]
    ) {
      ($0.text(0), $0.int(1), $0.real(2), $0.blob(3), $0.optionalText(4))
    }
    #expect(row?.0 == text)
    #expect(row?.1 == .min)
    #expect(row?.2 == 0.1)
    #expect(row?.3 == [0, 1])
    #expect(row?.4 == nil)
  }

  @Test("an error is one line, whatever it quotes")
  func errorOfOneLine() throws {
    let db = try folder.writer()
    let error = #expect(throws: SQLError.self) { try db.execute("CREATE TABLE t (\n  a \u{1}\n)\n") }
    #expect(try #require(error).description.contains("\n") == false)
    let quoted = SQLError(code: 11, message: "unrecognized token: \"\u{1}\n  b\r\n\"")
    #expect(quoted.description.split(separator: "\n").count == 1)
  }

  @Test("an error names the constraint and never the value")
  func errorWithoutValues() throws {
    let db = try folder.writer()
    try db.execute("CREATE TABLE t (a TEXT UNIQUE)")
    try db.run("INSERT INTO t VALUES ($1)", ["secret"])
    let error = #expect(throws: SQLError.self) { try db.run("INSERT INTO t VALUES ($1)", ["secret"]) }
    #expect(error?.isUnique == true)
    #expect(error?.description.contains("t.a") == true)
    #expect(error?.description.contains("secret") == false)
  }

  @Test("the same statement may run inside its own loop")
  func nestedStatement() throws {
    let db = try folder.writer()
    try db.execute("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2), (3)")
    let sql = "SELECT a FROM t ORDER BY a"
    let sums = try db.query(sql) { outer in
      try db.query(sql) { $0.int(0) }.reduce(outer.int(0), +)
    }
    #expect(sums == [7, 8, 9])
  }

  @Test("memory is put right too where SQLite cannot go back to a savepoint")
  func lostSavepoint() throws {
    let db = try folder.writer()
    var undone = false
    try db.begin()
    defer { db.rollback() }
    #expect(throws: SQLError.self) {
      try db.savepoint {
        db.onRollback { undone = true }
        try db.execute("RELEASE zveno_0")
        throw Refused()
      }
    }
    #expect(undone)
  }

  @Test("a savepoint that throws is undone alone, and memory that follows it too")
  func savepoint() throws {
    let db = try folder.writer()
    try db.execute("CREATE TABLE t (a INTEGER)")
    var memory: [Int64] = []
    func add(_ value: Int64) throws {
      try db.run("INSERT INTO t VALUES ($1)", [.int(value)])
      memory.append(value)
      db.onRollback { memory.removeLast() }
    }
    try db.transaction {
      try add(1)
      #expect(throws: Refused.self) {
        try db.savepoint {
          try add(2)
          try db.savepoint { try add(3) }
          throw Refused()
        }
      }
      try add(4)
    }
    #expect(try db.query("SELECT a FROM t") { $0.int(0) } == [1, 4])
    #expect(memory == [1, 4])
  }

  @Test("what waits for the commit is told after it, and never after a rollback")
  func onCommit() throws {
    let db = try folder.writer()
    var told: [Int] = []
    try db.transaction {
      db.onCommit { told.append(1) }
      #expect(told.isEmpty)
    }
    #expect(throws: Refused.self) {
      try db.transaction {
        db.onCommit { told.append(2) }
        throw Refused()
      }
    }
    #expect(told == [1])
  }

  @Test("a full disk in the middle of a transaction lets nothing of it through, whatever is written after")
  func fullInTheMiddle() throws {
    let db = try folder.writer()
    try db.execute("CREATE TABLE t (a TEXT); CREATE TABLE small (a INTEGER)")
    let pages = try db.first("PRAGMA page_count") { $0.int(0) } ?? 0
    try db.execute("PRAGMA max_page_count = \(pages + 2)")
    try db.begin()
    try db.run("INSERT INTO small VALUES (1)")
    let error = #expect(throws: SQLError.self) {
      while true { try db.run("INSERT INTO t VALUES ($1)", [.text(String(repeating: "x", count: 4_000))]) }
    }
    #expect(error?.isFull == true)
    let isKept = db.isInTransaction
    var isCommitted = false
    do {
      try db.run("INSERT INTO small VALUES (2)")
      try db.commit()
      isCommitted = true
    } catch { db.rollback() }
    #expect(isCommitted == isKept)
    #expect(try db.first("SELECT count(*) FROM small") { $0.int(0) } == (isKept ? 2 : 0))
  }

  @Test("a reader sees the last commit and cannot write")
  func reader() throws {
    let writer = try folder.writer()
    try writer.execute("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)")
    let reader = try folder.reader()
    try writer.begin()
    try writer.run("INSERT INTO t VALUES (2)")
    #expect(try reader.first("SELECT count(*) FROM t") { $0.int(0) } == 1)
    try writer.commit()
    #expect(try reader.first("SELECT count(*) FROM t") { $0.int(0) } == 2)
    #expect(throws: SQLError.self) { try reader.run("INSERT INTO t VALUES (3)") }
  }

  @Test("a statement of a connection that was reopened refuses to run")
  func staleStatement() throws {
    let db = try folder.writer()
    let statement = try db.prepare("SELECT 1")
    try statement.run()
    try db.reopen()
    #expect(throws: SQLError.self) { try statement.run() }
    #expect(try db.first("SELECT 1") { $0.int(0) } == 1)
  }

  @Test("a read that takes too long is broken off")
  func timeLimit() throws {
    let db = try folder.writer()
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    let error = #expect(throws: SQLError.self) {
      try db.limited(seconds: 0.01) { try db.first(endless) { $0.int(0) } }
    }
    #expect(error?.isInterrupted == true)
  }

  @Test("opening a file writes nothing, so that it succeeds while another program holds the lock")
  func openingWritesNothing() throws {
    let db = try folder.writer()
    try db.execute("CREATE TABLE t (a INTEGER)")
    let foreign = try folder.writer()
    try foreign.execute("BEGIN EXCLUSIVE")
    try db.reopen()
    foreign.rollback()
    #expect(try db.first("SELECT count(*) FROM t") { $0.int(0) } == 0)
  }

  @Test("the file is made so that deleted rows give their space back in slices")
  func autoVacuum() throws {
    let db = try folder.writer()
    try db.execute("CREATE TABLE t (a INTEGER)")
    #expect(try db.first("PRAGMA auto_vacuum") { $0.int(0) } == 2)
    #expect(try db.first("PRAGMA journal_mode") { $0.text(0) } == "wal")
    #expect(try Connection(path: folder.database, mode: .writer).first("PRAGMA synchronous") { $0.int(0) } == 2)
  }

  @Test("a log of megabytes is written over itself by a start, and stays what it is")
  func rewrittenLog() throws {
    let db = try folder.writer()
    try db.execute("CREATE TABLE t (a BLOB)")
    let row = SQLValue.blob([UInt8](repeating: 7, count: 1 << 20))
    for _ in 0..<3 { try db.run("INSERT INTO t VALUES ($1)", [row]) }
    try Connection(path: folder.database, mode: .writer).rewriteLog()
    try db.run("INSERT INTO t VALUES ($1)", [row])
    #expect(try db.first("SELECT count(*), sum(length(a)) FROM t") { [$0.int(0), $0.int(1)] } == [4, 4 << 20])
    #expect(try db.first("PRAGMA integrity_check") { $0.text(0) } == "ok")
  }
}
