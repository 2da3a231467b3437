import Dispatch
import Domain
import Ingest
import SQL
import Testing

@Suite struct IntakeTests {
  private let folder: TestLog

  init() throws { folder = try TestLog() }

  private func intake(_ limits: IngestLimits = IngestLimits()) throws -> (Writer, Intake) {
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now, limits: limits)
    let writer = Writer(connection: db, duties: [], now: { TestLog.now })
    return (writer, Intake(writer: writer, log: log, limits: limits, now: { TestLog.now }))
  }

  private func body(_ id: String, type: String = "visit") -> [UInt8] {
    Array(#"{"id":"\#(id)","type":"\#(type)","contact":{"id":"ann"}}"#.utf8)
  }

  /// "1+0" is one accepted and no duplicate.
  private static func word(_ result: Result<IntakeAnswer, any Error>) -> String {
    switch result {
    case .success(let answer):
      "\(answer.accepted)+\(answer.duplicates)" + answer.rejected.map { " -\($0.index)" }.joined()
    case .failure(is StoreUnavailable): "unavailable"
    case .failure(is BodyRefusal): "refused"
    case .failure: "error"
    }
  }

  private func send(_ intake: Intake, _ body: [UInt8], _ form: EventReader.Form, _ notes: Notes<String>) {
    intake.accept(body, form) { notes.add(IntakeTests.word($0)) }
  }

  private func send(_ intake: Intake, _ body: [UInt8], _ notes: Notes<String>) { send(intake, body, .json, notes) }

  @Test("nobody is answered before the commit; one round takes all calls that wait")
  func answerAfterCommit() throws {
    let (writer, intake) = try intake()
    let notes = Notes<String>()
    send(intake, body("a"), notes)
    send(intake, body("a"), notes)
    send(intake, body("b"), notes)
    #expect(notes.all.isEmpty)
    #expect(try folder.count() == 0)
    _ = try writer.round()
    #expect(notes.all == ["1+0", "0+1", "1+0"])
    #expect(try folder.count() == 2)
    #expect(writer.metrics.commits == 1)
    #expect(intake.metrics.accepted == 2 && intake.metrics.duplicates == 1 && intake.metrics.queuedEvents == 0)
  }

  @Test func `what is to be kept of an answer is in the transaction of its events: both are there, or neither`() throws
  {
    let (writer, intake) = try intake()
    struct Full: Error {}
    let notes = Notes<String>()
    func send(_ id: String, _ keep: Intake.Keeping?) {
      intake.accept(body(id), .json, keep: keep) { notes.add(Self.word($0)) }
    }
    send("a", nil)
    send("b") { answer, db, now in
      try db.execute("CREATE TABLE kept AS SELECT \(answer.accepted) AS accepted, \(now) AS at")
    }
    send("a", nil)
    _ = try writer.round()
    #expect(notes.all == ["1+0", "1+0", "0+1"])
    let kept = try writer.perform { db, _ in try db.first("SELECT accepted, at FROM kept") { [$0.int(0), $0.int(1)] } }
    #expect(kept == [1, TestLog.now])
    send("c") { _, db, _ in
      try db.execute("DELETE FROM kept")
      throw Full()
    }
    _ = try writer.round()
    #expect(notes.all.last == "error")
    #expect(try folder.count() == 2)
    #expect(try writer.perform { db, _ in try db.first("SELECT count(*) FROM kept") { $0.int(0) } } == 1)
  }

  @Test("sixty-four senders of one id at once: all get an answer, one of them is counted, one event is stored")
  func parallelSenders() throws {
    let (writer, intake) = try intake()
    writer.start()
    let notes = Notes<String>()
    let body = body("same")
    DispatchQueue.concurrentPerform(iterations: 64) { _ in
      intake.accept(body, .json) { notes.add(IntakeTests.word($0)) }
    }
    writer.stop()
    #expect(notes.all.count == 64)
    #expect(notes.all.filter { $0 == "1+0" }.count == 1)
    #expect(notes.all.filter { $0 == "0+1" }.count == 63)
    #expect(try folder.count() == 1)
  }

  @Test("a batch with bad items stores the good ones and names the others by their place")
  func badItem() throws {
    let (writer, intake) = try intake()
    let notes = Notes<String>()
    let good = String(decoding: body("a"), as: UTF8.self)
    send(intake, Array("[7,\(good),{},\(good)]".utf8), notes)
    send(intake, Array("\n\(good)\n{}\n".utf8), .lines, notes)
    _ = try writer.round()
    #expect(notes.all == ["1+1 -0 -2", "0+1 -1"])
  }

  @Test("a batch with none good is answered at once and is a refusal")
  func noneGood() throws {
    let (_, intake) = try intake()
    let notes = Notes<Bool>()
    intake.accept(Array("[{},{}]".utf8), .json) { notes.add((try? $0.get().isRefusal) == true) }
    #expect(notes.all == [true])
  }

  @Test("a type too many is rejected by its place in the call")
  func typeLimit() throws {
    var limits = IngestLimits()
    limits.types = 1
    let (writer, intake) = try intake(limits)
    let notes = Notes<String>()
    let events = ["a", "b", "a"].map { String(decoding: body("id-\($0)", type: $0), as: UTF8.self) }
    send(intake, Array("[7,\(events.joined(separator: ","))]".utf8), notes)
    _ = try writer.round()
    #expect(notes.all == ["1+1 -0 -2"])
  }

  @Test("a crash between two rounds loses nothing that was answered, and sending again stores the rest once")
  func crash() throws {
    let notes = Notes<String>()
    do {
      let (writer, intake) = try intake()
      send(intake, body("a"), notes)
      _ = try writer.round()
      send(intake, body("b"), notes)
    }
    #expect(notes.all == ["1+0"])
    let (writer, intake) = try intake()
    for id in ["a", "b"] { send(intake, body(id), notes) }
    _ = try writer.round()
    #expect(notes.all == ["1+0", "0+1", "1+0"])
    #expect(try folder.count() == 2)
  }

  @Test("while another program locks the file calls are refused; sent again they are stored once")
  func foreignLock() throws {
    let (writer, intake) = try intake()
    let notes = Notes<String>()
    let foreign = try folder.connection()
    try foreign.execute("BEGIN EXCLUSIVE")
    send(intake, body("a"), notes)
    #expect(throws: SQLError.self) { try writer.round() }
    foreign.rollback()
    send(intake, body("a"), notes)
    _ = try writer.round()
    #expect(notes.all == ["unavailable", "1+0"])
    #expect(try folder.count() == 1)
  }

  @Test("a full disk refuses whole calls, never a part, and the same ids are new afterwards")
  func fullDisk() throws {
    let (writer, intake) = try intake()
    let notes = Notes<String>()
    send(intake, body("first"), notes)
    _ = try writer.round()
    try writer.perform { db, _ in
      let pages = try db.first("PRAGMA page_count") { $0.int(0) } ?? 0
      try db.execute("PRAGMA max_page_count = \(pages + 3)")
    }
    let many = (0..<2_000).map { String(decoding: body("id-\($0)"), as: UTF8.self) }.joined(separator: "\n")
    send(intake, Array(many.utf8), .lines, notes)
    send(intake, body("first"), notes)
    #expect(throws: SQLError.self) { try writer.round() }
    #expect(try folder.count() == 1)
    send(intake, Array(many.utf8), .lines, notes)
    _ = try writer.round()
    #expect(notes.all == ["1+0", "unavailable", "unavailable", "2000+0"])
    #expect(try folder.count() == 2_001)
  }

  @Test("a failing duty costs no event and counts none twice")
  func failingDuty() throws {
    final class Failing: Duty {
      func work(_ db: Connection, now: Int64) throws -> DutyProgress { throw Crash() }
      func committed() {}
      func rolledBack() {}
    }
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now)
    let writer = Writer(connection: db, duties: [Failing()], now: { TestLog.now })
    let intake = Intake(writer: writer, log: log, now: { TestLog.now })
    let notes = Notes<String>()
    send(intake, body("a"), notes)
    send(intake, body("b"), notes)
    _ = try writer.round()
    #expect(notes.all == ["1+0", "1+0"])
    #expect(log.lastSeq == 2)
    #expect(log.acceptedByType == ["visit": 2])
    #expect(try folder.count() == 2)
  }

  @Test("more than may wait is turned away at once, and what waits is kept")
  func overload() throws {
    var limits = IngestLimits()
    limits.queuedEvents = 2
    let (writer, intake) = try intake(limits)
    let notes = Notes<String>()
    for id in ["a", "b", "c"] { send(intake, body(id), notes) }
    #expect(notes.all == ["unavailable"])
    _ = try writer.round()
    #expect(notes.all == ["unavailable", "1+0", "1+0"])
    #expect(intake.metrics.unavailable == 1)
  }

  @Test("a round takes no more than its share; the next one goes on")
  func share() throws {
    var limits = IngestLimits()
    limits.eventsPerRound = 2
    let (writer, intake) = try intake(limits)
    let notes = Notes<String>()
    for id in ["a", "b", "c"] { send(intake, body(id), notes) }
    #expect(try writer.round().more)
    #expect(notes.all.count == 2)
    #expect(try !writer.round().more)
    #expect(notes.all.count == 3)
  }

  @Test("what waits when the server stops is stored and answered; what comes later is turned away")
  func stop() throws {
    let (writer, intake) = try intake()
    let notes = Notes<String>()
    send(intake, body("a"), notes)
    writer.stop()
    send(intake, body("b"), notes)
    #expect(notes.all == ["1+0", "unavailable"])
    #expect(try folder.count() == 1)
  }
}
