import Foundation
import SQL
import Testing

@Suite struct DataFolderTests {
  private let folder = TestFolder()
  private let migrator = Migrator([Migration(number: 1, name: "first", sql: "CREATE TABLE a (x INTEGER)")])

  /// A whole run of a server that ends in good order, or not.
  private func run(endsWell: Bool) throws {
    let data = try DataFolder(folder.path)
    let db = try Connection(path: data.databasePath, mode: .writer)
    try migrator.migrate(db)
    try data.opened()
    guard endsWell else { return crash(db, data) }
    try data.closing()
    db.close()
  }

  /// Leaves the files as kill -9 would: a copy taken while the database is open.
  private func crash(_ db: Connection, _ data: DataFolder) {
    let copy = folder.path + ".copy"
    try? FileManager.default.copyItem(atPath: folder.path, toPath: copy)
    db.close()
    try? FileManager.default.removeItem(atPath: folder.path)
    try? FileManager.default.moveItem(atPath: copy, toPath: folder.path)
  }

  private func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: folder.path + "/" + name)
  }

  private func refusal() -> String? {
    #expect(throws: StoreRefusal.self) { _ = try DataFolder(folder.path) }?.description
  }

  @Test("a second process on the same folder is refused at once, with the number of the first")
  func secondProcess() throws {
    let first = try DataFolder(folder.path)
    let reason = refusal()
    #expect(reason?.contains("in use by another zveno (process \(ProcessInfo.processInfo.processIdentifier))") == true)
    _ = first.path
  }

  @Test("the lock goes with its holder")
  func lockIsFreed() throws {
    do { _ = try DataFolder(folder.path) }
    _ = try DataFolder(folder.path)
  }

  @Test("the lock goes with its holder, though a child that is just being started has a copy of its descriptor")
  func lockIsFreedFromCopies() throws {
    var copies: [Int32] = []
    defer { for copy in copies { close(copy) } }
    do {
      let data = try DataFolder(folder.path)
      let locked = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap(Int32.init).filter {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == data.path + "/lock"
      }
      copies = locked.map { dup($0) }
      #expect(copies.count == 1)
    }
    _ = try DataFolder(folder.path)
  }

  @Test("a folder opens again after a good end and after a crash", arguments: [true, false])
  func again(endsWell: Bool) throws {
    try run(endsWell: endsWell)
    try run(endsWell: true)
  }

  @Test("an end that cannot be noted keeps the log, and the folder opens again")
  func endWithoutNote() throws {
    try run(endsWell: true)
    do {
      let data = try DataFolder(folder.path)
      let db = try Connection(path: data.databasePath, mode: .writer)
      try data.opened()
      // In the way of the note, as a full disk is.
      try FileManager.default.createDirectory(atPath: folder.path + "/state.new", withIntermediateDirectories: false)
      let isNoted = data.notesClosing { _ in }
      #expect(!isNoted)
      db.close(keepsLog: !isNoted)
    }
    try remove("state.new")
    try run(endsWell: true)
  }

  @Test("a database that has gone is not made anew")
  func missingDatabase() throws {
    try run(endsWell: true)
    try remove("zveno.sqlite")
    #expect(refusal()?.contains("is missing though it was there before") == true)
  }

  @Test("a log that has gone after a crash is noticed")
  func missingLog() throws {
    try run(endsWell: false)
    try remove("zveno.sqlite-wal")
    #expect(refusal()?.contains("zveno.sqlite-wal is missing") == true)
    try remove("state")
    try run(endsWell: true)
  }

  /// Where the database comes from, as a start finds it.
  private func origin(_ path: String? = nil) throws -> DataFolder.Origin { try DataFolder(path ?? folder.path).origin }

  @Test("a database keeps being ours over restarts, and when its folder is moved")
  func ours() throws {
    #expect(try origin() == .new)
    try run(endsWell: true)
    #expect(try origin() == .ours)
    let elsewhere = folder.path + ".moved"
    try FileManager.default.moveItem(atPath: folder.path, toPath: elsewhere)
    defer { try? FileManager.default.removeItem(atPath: elsewhere) }
    #expect(try origin(elsewhere) == .ours)
  }

  @Test("a copied folder is told from the original, until it has been opened once")
  func copied() throws {
    try run(endsWell: true)
    let copy = folder.path + ".copied"
    try FileManager.default.copyItem(atPath: folder.path, toPath: copy)
    defer { try? FileManager.default.removeItem(atPath: copy) }
    #expect(try origin() == .ours)
    do {
      let data = try DataFolder(copy)
      #expect(data.origin == .copied)
      try data.closing()
    }
    #expect(try origin(copy) == .ours)
  }

  @Test("a note of an older version names no file, and is believed")
  func olderNote() throws {
    try run(endsWell: true)
    try "closed".write(toFile: folder.path + "/state", atomically: false, encoding: .utf8)
    #expect(try origin() == .ours)
    try remove("state")
    #expect(try origin() == .unnoted)
  }

  @Test("a copy that got the original's number, as on another disk, is told by when it was made")
  func copiedNumber() throws {
    try run(endsWell: true)
    let words = try String(contentsOfFile: folder.path + "/state", encoding: .utf8).split(
      whereSeparator: \.isWhitespace)
    try #require(words.count == 3, "the file system does not say when a file was made")
    func note(_ text: String) throws {
      try (text + "\n").write(toFile: folder.path + "/state", atomically: false, encoding: .utf8)
    }
    let born = try #require(Int64(words[2]))
    try note("closed \(words[1]) \(born - 1)")
    #expect(try origin() == .copied)
    try note("closed \(words[1]) \(born)")
    #expect(try origin() == .ours)
    // From a system that did not say.
    try note("closed \(words[1])")
    #expect(try origin() == .ours)
  }

  @Test("what a crash left of a backup is gone at the next start")
  func unfinishedBackup() throws {
    let path = try DataFolder(folder.path).backupPath
    for suffix in ["", "-journal"] { try Data([1]).write(to: URL(fileURLWithPath: path + suffix)) }
    _ = try DataFolder(folder.path)
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(!FileManager.default.fileExists(atPath: path + "-journal"))
  }

  @Test("another program's database is refused before a byte of it changes")
  func foreign() throws {
    let path = folder.path + "/zveno.sqlite"
    do { try Connection(path: path, mode: .writer).execute("CREATE TABLE theirs (x INTEGER)") }
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(refusal()?.contains("another program") == true)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }

  @Test("a file that is no database is refused", arguments: ["x", String(repeating: "not a database ", count: 100)])
  func noDatabase(text: String) throws {
    try text.write(toFile: folder.path + "/zveno.sqlite", atomically: false, encoding: .utf8)
    #expect(refusal()?.contains("no database") == true)
  }
}
