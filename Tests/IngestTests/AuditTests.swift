import Domain
import Ingest
import SQL
import Testing

/// What the log's audits find in logs of a few hundred events, read in several parts.
@Suite struct AuditTests {
  private let folder: TestLog
  private let limits: IngestLimits
  private let db: Connection

  /// Two and a half blocks of ids; some of the events have none.
  init() throws {
    folder = try TestLog()
    db = try folder.connection()
    var limits = IngestLimits()
    (limits.idsPerBlock, limits.windowMilliseconds) = (100, 1000)
    self.limits = limits
    let log = try EventLog(db, now: TestLog.now, limits: limits)
    for step in 0..<10 {
      let ids = (step * 25..<(step + 1) * 25).map { $0 % 7 == 0 ? nil : "id-\($0)" }
      _ = try log.commit(ids.map { .visit($0) }, now: TestLog.now + Int64(step), db)
    }
  }

  private func findings() throws -> [String] {
    let notes = AuditNotes()
    for audit in [LogAudit.audit] + IDAudit(limits, idsAtOnce: 30).audits { try audit.run(db, notes) }
    return notes.findings
  }

  @Test("a sound log has nothing to find, nor has one whose ids came again after the window")
  func sound() throws {
    #expect(try findings() == [])
    let later = TestLog.now + 2000
    let log = try EventLog(db, now: later, limits: limits)
    #expect(try log.commit([.visit("id-1")], now: later, db) == [.stored(seq: 251)])
    #expect(try findings() == [])
  }

  @Test(
    "what is wrong with ids and their blocks is found",
    arguments: [
      ("UPDATE events SET id = 'id-1' WHERE seq = 205", "event 205 has the id of event 2"),
      ("UPDATE id_blocks SET seed = 5 WHERE first = 101", "the block of events 101 to 200 has another seed"),
      ("UPDATE id_blocks SET last = 199 WHERE first = 101", "the block of events 101 to 199 has 100 fingerprints"),
      ("UPDATE id_blocks SET last = 999 WHERE first = 101", "ends after the log, whose last event is 250"),
      ("UPDATE id_blocks SET first = 100 WHERE first = 101", "the block of events 100 to 200 begins in the block"),
      ("UPDATE id_blocks SET first = 102 WHERE first = 101", "events 101 to 101 lie in no block"),
      ("UPDATE id_blocks SET fingerprints = zeroblob(400) WHERE first = 1", "the id of event 2 is remembered wrongly"),
      ("UPDATE events SET id = 'new' WHERE seq = 1", "the id of event 1 is remembered wrongly"),
    ])
  func damaged(_ sql: String, _ said: String) throws {
    try db.execute(sql)
    let found = try findings()
    #expect(found.contains { $0.contains(said) }, "\(found)")
  }
}
