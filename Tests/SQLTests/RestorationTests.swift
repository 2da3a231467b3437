import Foundation
import SQL
import Testing

@Suite struct RestorationTests {
  private let folder = TestFolder()
  private let first = Migration(
    number: 1, name: "first", sql: "CREATE TABLE a (x INTEGER, y TEXT); CREATE INDEX a_y ON a (y)")
  private let second = Migration(number: 2, name: "second", sql: "CREATE TABLE b (x INTEGER)")
  private var backup: String { folder.path + "/backup.sqlite" }
  private var data: String { folder.path + "/data" }
  private var database: String { data + "/zveno.sqlite" }

  /// A backup with a thousand rows.
  private func makeBackup(_ migrations: [Migration]? = nil) throws {
    let db = try folder.writer()
    try Migrator(migrations ?? [first]).migrate(db)
    try db.transaction {
      for number in 0..<1_000 {
        try db.run("INSERT INTO a VALUES ($1, $2)", [.int(number), .text("text of the row \(number)")])
      }
    }
    let writer = Writer(connection: db, duties: [], now: { 0 })
    let outcome = Notes<Result<Void, any Error>>()
    writer.backUp(to: backup) { outcome.add($0) }
    while outcome.all.isEmpty { _ = try writer.round() }
    try outcome.all[0].get()
    writer.stop()
    try Connection(path: backup, mode: .offline).close()
  }

  private func restore() throws {
    try Restoration(Migrator([first])).run(backup, into: data) { db in try db.run("INSERT INTO a VALUES (-1, 'marked')")
    }
  }

  private func refusal(sourceLocation: SourceLocation = #_sourceLocation) -> String {
    let error = #expect(throws: StoreRefusal.self, sourceLocation: sourceLocation) { try restore() }
    let line = error?.description ?? ""
    #expect(!line.contains("\n"), sourceLocation: sourceLocation)
    return line
  }

  private func expectNoDatabase(sourceLocation: SourceLocation = #_sourceLocation) {
    for name in [database, database + ".part"] {
      #expect(!FileManager.default.fileExists(atPath: name), sourceLocation: sourceLocation)
    }
  }

  @Test("a backup becomes a data folder that a server takes for its own, and carries the mark")
  func whole() throws {
    try makeBackup()
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    // Of the database that was moved away.
    try Data("words".utf8).write(to: URL(fileURLWithPath: data + "/deciding"))
    try restore()
    #expect(!FileManager.default.fileExists(atPath: data + "/deciding"))
    let folder = try DataFolder(data)
    #expect(folder.origin == .ours)
    let db = try Connection(path: folder.databasePath, mode: .writer)
    try Migrator([first, second]).migrate(db)
    #expect(try db.first("SELECT count(*) FROM a") { $0.int(0) } == 1_001)
    #expect(try db.first("SELECT y FROM a WHERE x = -1") { $0.text(0) } == "marked")
  }

  @Test("a folder that has lost its database takes it")
  func lost() throws {
    try makeBackup()
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    try "open 12345\n".write(toFile: data + "/state", atomically: false, encoding: .utf8)
    try restore()
    #expect(try DataFolder(data).origin == .ours)
  }

  @Test("a folder with a database is left alone")
  func occupied() throws {
    try makeBackup()
    try restore()
    let before = try Data(contentsOf: URL(fileURLWithPath: database))
    #expect(refusal().contains("has a database already"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: database)) == before)
  }

  @Test("a folder in use is left alone")
  func inUse() throws {
    try makeBackup()
    let folder = try DataFolder(data)
    #expect(refusal().contains("in use by another zveno"))
    withExtendedLifetime(folder) {}
    expectNoDatabase()
  }

  @Test("a backup of a newer binary is refused plainly")
  func newer() throws {
    try makeBackup([first, second])
    #expect(refusal().contains("newer zveno"))
    expectNoDatabase()
  }

  @Test("a damaged backup is refused, wherever the damage is", arguments: [1, 3, 7])
  func damaged(page: Int) throws {
    try makeBackup()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: backup))
    for offset in 0..<200 { bytes[page * 4_096 + offset] ^= 0x5A }
    try bytes.write(to: URL(fileURLWithPath: backup))
    #expect(refusal().contains("damaged"))
    expectNoDatabase()
  }

  @Test("a backup that was cut off is refused", arguments: [50, 4_096, 20_000])
  func cut(size: Int) throws {
    try makeBackup()
    try Data(contentsOf: URL(fileURLWithPath: backup)).prefix(size).write(to: URL(fileURLWithPath: backup))
    #expect(refusal().contains("damaged"))
    expectNoDatabase()
  }

  @Test("what is no backup is refused")
  func none() throws {
    #expect(refusal().contains("there is no file"))
    try Data().write(to: URL(fileURLWithPath: backup))
    #expect(refusal().contains("is empty"))
    try String(repeating: "not a database ", count: 100).write(toFile: backup, atomically: false, encoding: .utf8)
    #expect(refusal().contains("no database"))
    try FileManager.default.removeItem(atPath: backup)
    let foreign = try Connection(path: folder.database, mode: .writer)
    try foreign.execute("CREATE TABLE theirs (x INTEGER)")
    foreign.close()
    try FileManager.default.moveItem(atPath: folder.database, toPath: backup)
    #expect(refusal().contains("another program"))
    expectNoDatabase()
  }

  @Test("a database that was in use is no backup: its log holds the rest of it")
  func withLog() throws {
    try makeBackup()
    try "frames".write(toFile: backup + "-wal", atomically: false, encoding: .utf8)
    #expect(refusal().contains("has a log beside it"))
    expectNoDatabase()
  }
}
