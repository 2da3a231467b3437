import SQL

@testable import Server

/// A file with the one table that clocks and identities need.
struct StoreOfTest {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/test.sqlite"
    let db = try open()
    try db.execute("CREATE TABLE facts (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID")
    try db.execute("CREATE TABLE timers (due INTEGER PRIMARY KEY, acted_at INTEGER)")
    db.close()
  }

  func open() throws -> Connection { try Connection(path: path, mode: .writer, durability: .off) }
}
