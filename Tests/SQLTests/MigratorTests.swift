import Foundation
import SQL
import Testing

@Suite struct MigratorTests {
  private let folder = TestFolder()
  private let first = Migration(number: 1, name: "first", sql: "CREATE TABLE a (x INTEGER)")
  private let second = Migration(number: 2, name: "second", sql: "CREATE TABLE b (x INTEGER); INSERT INTO b VALUES (7)")

  @Test("migrations run once, in order, and go on where they stopped")
  func order() throws {
    let db = try folder.writer()
    try Migrator([first]).migrate(db)
    try Migrator([first, second]).migrate(db)
    try Migrator([first, second]).migrate(db)
    #expect(try db.query("SELECT x FROM b") { $0.int(0) } == [7])
  }

  @Test("a migration that breaks off leaves nothing and starts again")
  func restart() throws {
    let broken = Migration(number: 2, name: "second", sql: "CREATE TABLE b (x INTEGER); INSERT INTO nowhere VALUES (1)")
    do {
      let db = try folder.writer()
      #expect(throws: SQLError.self) { try Migrator([first, broken]).migrate(db) }
    }
    let db = try folder.writer()
    #expect(try db.query("SELECT name FROM sqlite_schema") { $0.text(0) } == ["a"])
    try Migrator([first, second]).migrate(db)
    #expect(try db.query("SELECT x FROM b") { $0.int(0) } == [7])
  }

  @Test("a file of a newer binary is refused plainly")
  func newer() throws {
    let db = try folder.writer()
    try Migrator([first, second]).migrate(db)
    let error = #expect(throws: StoreRefusal.self) { try Migrator([first]).migrate(db) }
    #expect(error?.description.contains("newer") == true)
    #expect(error?.description.contains("\n") == false)
  }

  @Test("a file of another program is refused plainly")
  func foreign() throws {
    let db = try folder.writer()
    try db.execute("CREATE TABLE theirs (x INTEGER)")
    let error = #expect(throws: StoreRefusal.self) { try Migrator([first]).migrate(db) }
    #expect(error?.description.contains("another program") == true)
  }

  @Test("a damaged file is refused plainly", arguments: [40, 2_000, 5_000])
  func damaged(size: Int) throws {
    do {
      let db = try folder.writer()
      try Migrator([first, second]).migrate(db)
    }
    let whole = try Data(contentsOf: URL(fileURLWithPath: folder.database))
    try whole.prefix(size).write(to: URL(fileURLWithPath: folder.database))
    #expect(throws: (any Error).self) {
      let db = try folder.writer()
      try Migrator([first, second]).migrate(db)
    }
  }
}
