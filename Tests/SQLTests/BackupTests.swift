import Foundation
import Synchronization
import Testing

@testable import SQL

@Suite struct BackupTests {
  private let folder = TestFolder()
  private var copy: String { folder.path + "/copy.tmp" }

  /// A clock that makes every slice as small as it can be.
  private static func hurried() -> @Sendable () -> Int64 {
    let time = Mutex<Int64>(0)
    return {
      time.withLock {
        $0 += Int64(1) << 32; return $0
      }
    }
  }

  private func writer(rows: Int64 = 2_000, duties: [any Duty] = []) throws -> Writer {
    let db = try folder.writer(busyMilliseconds: 0)
    try db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX t_b ON t (b)")
    try db.transaction {
      for number in 1...rows { try db.run("INSERT INTO t VALUES ($1, $2)", [.int(number), .text(Self.text(number))]) }
    }
    return Writer(connection: db, duties: duties, now: { 1_000 }, monotonic: Self.hurried())
  }

  private static func text(_ number: Int64) -> String { String(repeating: "row \(number) ", count: 100) }

  private func content(_ path: String, _ mode: Connection.Mode) throws -> [String] {
    let db = try Connection(path: path, mode: mode)
    defer { db.close() }
    return try db.query("SELECT a, b FROM t ORDER BY a") { "\($0.int(0)) \($0.text(1))" }
  }

  private func integrity(_ path: String) throws -> String? {
    let db = try Connection(path: path, mode: .offline)
    defer { db.close() }
    return try db.first("PRAGMA integrity_check") { $0.text(0) }
  }

  private func begin(_ writer: Writer, maxPages: Int? = nil) -> Notes<Result<Void, any Error>> {
    let outcome = Notes<Result<Void, any Error>>()
    writer.backUp(to: copy, maxPages: maxPages) { outcome.add($0) }
    return outcome
  }

  @Test("made while writes go on, it is the file as of its last slice, and whole")
  func underWrites() throws {
    let writer = try writer()
    let outcome = begin(writer)
    var rounds: Int64 = 0
    while outcome.all.isEmpty {
      rounds += 1
      let round = rounds
      // Pages that are copied already, pages that are not, new ones, and some that go.
      writer.submit({ db, _ in
        try db.run(
          "UPDATE t SET b = $1 WHERE a = $2 OR a = $3", [.text("changed \(round)"), .int(round), .int(2_001 - round)])
        try db.run("INSERT INTO t VALUES ($1, $2)", [.int(10_000 + round), .text(Self.text(round))])
        try db.run("DELETE FROM t WHERE a BETWEEN $1 AND $2", [.int(500 + round * 10), .int(505 + round * 10)])
        if round % 7 == 0 { try db.execute("PRAGMA incremental_vacuum(5)") }
      }) { _ in }
      // Undone work leaves no trace in the copy either.
      writer.submit({ db, _ in
        try db.run("UPDATE t SET b = 'undone'")
        throw Refused()
      }) { _ in }
      #expect(try writer.round().more || !outcome.all.isEmpty)
    }
    try outcome.all[0].get()
    #expect(rounds > 10, "it was made between many rounds")
    #expect(try content(copy, .offline) == content(folder.database, .reader))
    #expect(try integrity(copy) == "ok")
    #expect(writer.metrics.backupPagesLeft == 0)
    #expect(!FileManager.default.fileExists(atPath: copy + "-wal"))
  }

  @Test("a disk that fills up refuses it plainly: its file is gone, the writer goes on, and the next one succeeds")
  func fullDisk() throws {
    let writer = try writer()
    let failed = begin(writer, maxPages: 100)
    while failed.all.isEmpty { _ = try writer.round() }
    let error = #expect(throws: SQLError.self) { try failed.all[0].get() }
    #expect(error?.isFull == true)
    #expect(!FileManager.default.fileExists(atPath: copy))
    try writer.perform { db, _ in try db.run("INSERT INTO t VALUES (9999, 'on it goes')") }
    #expect(writer.isHealthy)
    let second = begin(writer)
    while second.all.isEmpty { _ = try writer.round() }
    #expect(try content(copy, .offline).contains("9999 on it goes"))
  }

  @Test("it asks for its own size and leaves room for the log")
  func room() {
    let needed = 1_000_000 + Backup.roomToLeave
    #expect(throws: Never.self) { try Backup.requireRoom(1_000_000, free: needed) }
    #expect(throws: BackupRefusal.noRoom(neededBytes: needed, freeBytes: needed - 1)) {
      try Backup.requireRoom(1_000_000, free: needed - 1)
    }
  }

  @Test("there is one at a time")
  func oneAtATime() throws {
    let writer = try writer()
    let first = begin(writer)
    _ = try writer.round()
    let second = begin(writer)
    _ = try writer.round()
    #expect(throws: BackupRefusal.underWay) { try second.all[0].get() }
    #expect(first.all.isEmpty)
    while first.all.isEmpty { _ = try writer.round() }
    #expect(try integrity(copy) == "ok")
  }

  @Test("a file that is there is not written over")
  func existing() throws {
    try "something".write(toFile: copy, atomically: false, encoding: .utf8)
    let writer = try writer()
    let outcome = begin(writer)
    _ = try writer.round()
    #expect(throws: SQLError.self) { try outcome.all[0].get() }
    #expect(try String(contentsOfFile: copy, encoding: .utf8) == "something")
  }

  @Test("a round that is lost ends it, and says so; the next one succeeds")
  func lostRound() throws {
    let writer = try writer()
    let lost = begin(writer)
    _ = try writer.round()
    let foreign = try Connection(path: folder.database, mode: .writer)
    try foreign.execute("BEGIN EXCLUSIVE")
    #expect(throws: SQLError.self) { try writer.round() }
    foreign.rollback()
    let error = #expect(throws: StoreUnavailable.self) { try lost.all[0].get() }
    #expect(error?.reason.contains("a write was lost") == true)
    #expect(!FileManager.default.fileExists(atPath: copy))
    let second = begin(writer)
    while second.all.isEmpty { _ = try writer.round() }
    #expect(try content(copy, .offline).count == 2_000)
  }

  @Test("a round that is undone and done again makes it start over; a server that does so for ever is told")
  func undoneRounds() throws {
    let failing = Notes<Void>()
    let duty = TestDuty { db, _ in
      try db.run("UPDATE t SET b = 'undone'")
      guard failing.all.count < 3 else { return .idle(until: nil) }
      failing.add(())
      throw Refused()
    }
    let writer = try writer(rows: 200, duties: [duty])
    let outcome = begin(writer)
    while outcome.all.isEmpty { _ = try writer.round() }
    try outcome.all[0].get()
    #expect(failing.all.count == 3)
    #expect(try Set(content(copy, .offline).map { $0.hasSuffix(" undone") }) == [true])
    try FileManager.default.removeItem(atPath: copy)

    let stubborn = TestDuty { db, _ in
      try db.run("UPDATE t SET b = 'never'")
      throw Refused()
    }
    writer.stop()
    let second = Writer(connection: try folder.writer(), duties: [stubborn], now: { 0 }, monotonic: Self.hurried())
    let endless = begin(second)
    while endless.all.isEmpty { _ = try second.round() }
    let error = #expect(throws: StoreUnavailable.self) { try endless.all[0].get() }
    #expect(error?.reason.contains("start over") == true)
  }

  @Test("a writer that stops ends it and closes the file in good order")
  func stop() throws {
    let writer = try writer()
    let outcome = begin(writer)
    _ = try writer.round()
    writer.stop()
    #expect(throws: StoreUnavailable.self) { try outcome.all[0].get() }
    #expect(!FileManager.default.fileExists(atPath: copy))
    #expect(!FileManager.default.fileExists(atPath: folder.database + "-wal"))
  }
}
