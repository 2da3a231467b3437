import Foundation
import Migrations
import SQL
import Testing

/// A migration reaches the disk as frames of the write-ahead log. What kill -9 leaves is a beginning of that log, whole
/// frames and perhaps a torn one: so every beginning is tried.
@Suite("A migration killed at any point")
struct KilledMigrationTests {
  private let folder = TestFolder()

  @Test("starts again and ends as one that was not killed", arguments: Migrations.all.indices)
  func everyBeginning(of index: Int) throws {
    let before = Array(Migrations.all[..<index])
    let upTo = Array(Migrations.all[...index])
    let base = folder.path + "/base.sqlite"
    try makeBase(base, before)
    let reference = try content(of: finish(copy(base, named: "reference"), upTo))

    // The log of the migration alone, while its connection is open: what is in it has not reached the database.
    let migrated = try copy(base, named: "migrated")
    let db = try Connection(path: migrated, mode: .writer, durability: .off)
    try Migrator(upTo).migrate(db)
    let log = try Data(contentsOf: URL(fileURLWithPath: migrated + "-wal"))
    let frames = (log.count - Self.headBytes) / Self.frameBytes
    #expect(frames > 0)
    for frame in 0...frames {
      for torn in frame < frames ? [0, 12, Self.frameBytes / 2] : [0] {
        let killed = try copy(base, named: "killed")
        try log.prefix(Self.headBytes + frame * Self.frameBytes + torn).write(to: URL(fileURLWithPath: killed + "-wal"))
        let found = try content(of: finish(killed, upTo))
        #expect(found == reference, "killed after \(frame) of \(frames) pages and \(torn) bytes")
        guard found == reference else { return }
      }
    }
    withExtendedLifetime(db) {}
  }

  // https://www.sqlite.org/fileformat2.html#the_write_ahead_log, with pages of 4 KiB.
  private static let headBytes = 32
  private static let frameBytes = 24 + 4_096

  /// A file with rows in every table, and without a log. Before the first migration: as an opened one is.
  private func makeBase(_ path: String, _ migrations: [Migration]) throws {
    let db = try Connection(path: path, mode: .writer, durability: .off)
    try Migrator(migrations).migrate(db)
    for table in try db.query("SELECT name FROM sqlite_schema WHERE type = 'table'", [], { $0.text(0) }) {
      let columns = try db.query("SELECT name, type FROM pragma_table_info($1)", [.text(table)]) {
        (name: $0.text(0), isText: $0.text(1) == "TEXT")
      }
      let names = columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
      let places = columns.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
      for row in 1...50 {
        try db.run(
          // A table of one row has it already.
          "INSERT OR IGNORE INTO \(table) (\(names)) VALUES (\(places))",
          columns.map { $0.isText ? .text("{\"\($0.name)\": \(row)}") : .int(row) })
      }
    }
    db.close()
  }

  private func copy(_ path: String, named name: String) throws -> String {
    let target = folder.path + "/\(name).sqlite"
    for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: target + suffix) }
    try FileManager.default.copyItem(atPath: path, toPath: target)
    return target
  }

  private func finish(_ path: String, _ migrations: [Migration]) throws -> String {
    let db = try Connection(path: path, mode: .writer, durability: .off)
    defer { db.close() }
    try Migrator(migrations).migrate(db)
    return path
  }

  /// The layout and every row.
  private func content(of path: String) throws -> [String] {
    let db = try Connection(path: path, mode: .offline, durability: .off)
    defer { db.close() }
    var lines = try db.query("PRAGMA integrity_check") { $0.text(0) }
    lines += try db.query("PRAGMA user_version") { "\($0.int(0))" }
    lines += try db.query("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name") {
      "\($0.text(0)) \($0.text(1)) \($0.optionalText(2) ?? "")"
    }
    for table in try db.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", [], { $0.text(0) }) {
      let count = try db.first("SELECT count(*) FROM pragma_table_info($1)", [.text(table)]) { Int($0.int(0)) } ?? 0
      lines += try db.query("SELECT * FROM \(table) ORDER BY 1") { row in
        table + (0..<count).map { " " + (row.optionalText($0) ?? "NULL") }.joined()
      }
    }
    return lines
  }
}

/// A folder of the test's own, gone with it.
private final class TestFolder {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "zveno-migrations-" + UUID().uuidString
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
