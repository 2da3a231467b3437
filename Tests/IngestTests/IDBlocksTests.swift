import Domain
import Ingest
import SQL
import Testing

@Suite struct IDBlocksTests {
  private let folder: TestLog
  private let limits: IngestLimits

  init() throws {
    folder = try TestLog()
    var limits = IngestLimits()
    limits.idsPerBlock = 100
    self.limits = limits
  }

  private func open(_ db: Connection, now: Int64 = TestLog.now, seed: UInt64 = 0) throws -> EventLog {
    try EventLog(db, now: now, limits: limits, seed: seed)
  }

  private func visits(_ range: Range<Int>) -> [IncomingEvent] {
    // Every seventh has no id.
    range.map { .visit($0 % 7 == 0 ? nil : "id-\($0)") }
  }

  private func blocks(_ db: Connection) throws -> [Int64] {
    try db.query("SELECT first, last FROM id_blocks ORDER BY first") { [$0.int(0), $0.int(1)] }.flatMap { $0 }
  }

  private func expectAllKnown(_ range: Range<Int>, _ log: EventLog, _ db: Connection) throws {
    let withID = range.filter { $0 % 7 != 0 }
    let outcomes = try log.commit(withID.map { .visit("id-\($0)") }, db)
    #expect(outcomes == withID.map { .duplicate(of: Int64($0 + 1)) })
  }

  @Test("a start knows the ids that lie in blocks and those after them, whatever seed it draws")
  func restart() throws {
    let db = try folder.connection()
    let log = try open(db, seed: 1)
    for step in 0..<10 { _ = try log.commit(visits(step * 105..<(step + 1) * 105), db) }
    var expected: [Int64] = []
    for block in Int64(0)..<10 { expected += [block * 100 + 1, block * 100 + 100] }
    #expect(try blocks(db) == expected)
    let again = try open(db, seed: 2)
    try expectAllKnown(0..<1050, again, db)
    _ = try again.commit(visits(1050..<1150), db)
    try expectAllKnown(0..<1150, try open(db, seed: 3), db)
    #expect(try blocks(db).last == 1100)
  }

  @Test("a file that has events but no blocks yet gets them little by little")
  func olderFile() throws {
    let db = try folder.connection()
    _ = try EventLog(db, now: TestLog.now).commit(visits(0..<350), db)
    #expect(try blocks(db).isEmpty)
    let log = try open(db)
    for number in 350..<354 { _ = try log.commit(visits(number..<number + 1), db) }
    #expect(try blocks(db) == [1, 100, 101, 200, 201, 300])
    try expectAllKnown(0..<354, try open(db), db)
  }

  @Test("events that were deleted leave no hole in the blocks")
  func deletedEvents() throws {
    let db = try folder.connection()
    _ = try EventLog(db, now: TestLog.now).commit(visits(0..<150), db)
    try db.run("DELETE FROM events WHERE seq BETWEEN 20 AND 40")
    let log = try open(db)
    _ = try log.commit(visits(150..<151), db)
    #expect(try blocks(db) == [1, 100])
    try expectAllKnown(40..<151, try open(db), db)
  }

  @Test("a lost transaction takes its block with it, a lost savepoint only its own")
  func rollback() throws {
    let db = try folder.connection()
    let log = try open(db)
    #expect(throws: Crash.self) {
      try db.transaction {
        _ = try log.append(visits(0..<120), now: TestLog.now, db)
        throw Crash()
      }
    }
    #expect(try blocks(db).isEmpty)
    try db.transaction {
      _ = try log.append(visits(0..<120), now: TestLog.now, db)
      #expect(throws: Crash.self) {
        try db.savepoint {
          _ = try log.append(visits(120..<300), now: TestLog.now, db)
          throw Crash()
        }
      }
    }
    _ = try log.commit(visits(120..<230), db)
    #expect(try blocks(db) == [1, 100, 101, 200])
    try expectAllKnown(0..<230, try open(db), db)
  }

  @Test("a block that reached the disk though its commit was believed lost is not written again")
  func ghost() throws {
    let db = try folder.connection()
    let log = try open(db)
    _ = try log.commit(visits(0..<50), db)
    let other = try folder.connection()
    _ = try open(other).commit(visits(50..<120), other)
    try db.reopen()
    _ = try log.commit(visits(120..<210), db)
    #expect(try blocks(db) == [1, 100, 101, 200])
    try expectAllKnown(0..<210, log, db)
  }

  @Test("blocks leave the file with the window")
  func window() throws {
    let day: Int64 = 86_400_000
    let db = try folder.connection()
    let log = try open(db)
    for step in 0..<20 {
      _ = try log.commit(visits(step * 100..<(step + 1) * 100), now: TestLog.now + Int64(step) * day, db)
    }
    let left = try blocks(db)
    #expect(left.last == 2000)
    #expect(try #require(left.first) > 1000)
  }
}
