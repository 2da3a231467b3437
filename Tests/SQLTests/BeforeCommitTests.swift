import SQL
import Testing

@Suite struct BeforeCommitTests {
  private let folder = TestFolder()
  private struct Refused: Error {}

  private func connection() throws -> Connection {
    let db = try folder.writer()
    try db.execute("CREATE TABLE sums (sum INTEGER NOT NULL)")
    return db
  }

  private func putOff(_ sum: SQLValue, _ db: Connection) {
    db.beforeCommit { db throws(SQLError) in try db.run("INSERT INTO sums VALUES ($1)", [sum]) }
  }

  private func sums(_ db: Connection) throws -> [Int64] { try db.query("SELECT sum FROM sums") { $0.int(0) } }

  @Test("what is put off to the commit is written with it")
  func written() throws {
    let db = try connection()
    var sum: Int64 = 0
    try db.transaction {
      db.beforeCommit { db throws(SQLError) in try db.run("INSERT INTO sums VALUES ($1)", [.int(sum)]) }
      for number in 1...3 { sum += Int64(number) }
      let before = try sums(db)
      #expect(before == [])
    }
    #expect(try sums(db) == [6])
  }

  @Test("what a failed savepoint had put off is not written, what stood before it is")
  func savepoint() throws {
    let db = try connection()
    try db.transaction {
      putOff(1, db)
      #expect(throws: Refused.self) {
        try db.savepoint {
          putOff(2, db)
          throw Refused()
        }
      }
    }
    #expect(try sums(db) == [1])
  }

  @Test("a savepoint that is a transaction of its own writes what was put off")
  func alone() throws {
    let db = try connection()
    try db.savepoint { putOff(1, db) }
    #expect(try sums(db) == [1])
  }

  @Test("a transaction fails with what it could not write at its end")
  func failing() throws {
    let db = try connection()
    #expect(throws: SQLError.self) {
      try db.transaction {
        try db.run("INSERT INTO sums VALUES (1)")
        putOff(nil, db)
      }
    }
    #expect(try sums(db) == [])
  }

  @Test("every transaction and savepoint has a number of its own")
  func scopes() throws {
    let db = try connection()
    var scopes: [Int] = []
    try db.transaction {
      scopes.append(db.scope)
      try db.savepoint { scopes.append(db.scope) }
      #expect(db.scope == scopes[0])
      try db.savepoint { scopes.append(db.scope) }
    }
    try db.transaction { scopes.append(db.scope) }
    #expect(Set(scopes).count == 4)
  }
}
