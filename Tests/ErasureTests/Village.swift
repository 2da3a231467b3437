import Delivery
import Domain
import Engine
import Erasure
import Foundation
import Ingest
import JSON
import Migrations
import SQL
import Synchronization
import Testing

/// A few people on a real file, through several lives of the process, on one thread: log, engine, delivery and erasure.
final class Village {
  /// One life of the process.
  struct Life {
    let writer: Writer
    let log: EventLog
    let engine: Engine
    let delivery: Delivery
    let erasures: Erasures
    let intake: Intake
    let hands: Hands
    let gremlin: Gremlin
    let hold: Hold
  }

  private(set) var life: Life
  let journal: JournalInMemory
  private let folder: URL
  private var erased = 0

  var path: String { folder.appending(path: "zveno.sqlite").path }

  static let chain = """
    {"enter":{"event":"cart"},"purpose":"transactional","reenter":"always","steps":[
      {"send":"email","template":"a"},{"set":{"last":{"from":"trigger.note"}}},{"wait":"2h"},
      {"send":"call","template":"a","id":"talk"},{"wait":"1d"},{"send":"email","template":"a","id":"late"}]}
    """

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "zveno-erasure-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    journal = JournalInMemory()
    life = try Self.open(folder, journal, held: nil)
    try write { db, now in
      let time = Timestamp(milliseconds: now)
      try TemplateStore().save("a", #"{"text":"{{trigger.note}}"}"#, now: time, db)
      let saved = try ChainStore().save("cart", draft: Self.chain, now: time, db)
      try ChainStore().publish(saved.stored, now: time, db)
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private final class Writers: @unchecked Sendable {
    // Unchecked: one thread.
    var writer: Writer?
  }

  private static func open(_ folder: URL, _ journal: JournalInMemory, held: Bool?) throws -> Life {
    let db = try Connection(
      path: folder.appending(path: "zveno.sqlite").path, mode: .writer, durability: .off)
    try Migrator(Migrations.all).migrate(db)
    if held == true {
      try db.transaction {
        try Hold.set(Hold.Fact(since: Timestamp(milliseconds: Time.shared.now), reason: "a copy"), db)
      }
    }
    let hold = try Hold(db)
    let time = Time.shared
    var limits = IngestLimits()
    limits.idsPerBlock = 16
    let log = try EventLog(db, now: time.now, limits: limits)
    let (counters, catalog, tombstones) = (Counters(), ChainCatalog(), Tombstones(secret: Array(1...32)))
    try counters.load(db)
    try tombstones.load(db)
    let rules = Rules(channels: ["email": ChannelPolicy(), "call": ChannelPolicy()], shopZone: .utc)
    var merging = Timeline.Settings()
    (merging.rowsToMerge, merging.rowsPerSlice) = (30, 7)
    let timeline = try Timeline(db, settings: merging)
    let engine = Engine(
      log: log, timeline: timeline, catalog: catalog, counters: counters, rules: rules, tombstones: tombstones)
    let hands = Hands()
    let delivery = Delivery(
      engine: engine, log: log, catalog: catalog, counters: counters, rules: rules,
      templates: TemplateCatalog(shop: TemplateShop(locale: "en", currency: "EUR")) { _, _ in nil }, dispatch: hands,
      hold: hold)
    let writers = Writers()
    let erasures = Erasures(
      Erasures.Setup(
        log: log, timeline: timeline, counters: counters, tombstones: tombstones, journal: journal,
        isHeld: { hold.fact != nil }, scrub: { writers.writer?.scrub(then: $0) }, wake: { writers.writer?.wake() }))
    let gremlin = Gremlin()
    let duties: [any Duty] = [erasures, HeldDuty(engine, while: hold), HeldDuty(delivery, while: hold), gremlin]
    let writer = Writer(connection: db, duties: duties, now: { time.now })
    writers.writer = writer
    let intake = Intake(writer: writer, log: log, limits: limits, tombstones: tombstones, now: { time.now })
    return Life(
      writer: writer, log: log, engine: engine, delivery: delivery, erasures: erasures, intake: intake, hands: hands,
      gremlin: gremlin, hold: hold)
  }

  /// What a kill of the process leaves: the file, and nothing of what was in hand.
  func restart(held: Bool? = nil) throws {
    life = try Self.open(folder, journal, held: held)
    let erasures = life.erasures
    try write { db, _ in try erasures.catchUp(db) }
  }

  func release() throws {
    let (hold, now) = (life.hold, Timestamp(milliseconds: Time.shared.now))
    try write { db, _ in try hold.release(now: now, db) }
    life.engine.startOver()
  }

  func write(_ job: @escaping (Connection, Int64) throws -> Void) throws {
    nonisolated(unsafe) let job = job
    _ = try life.writer.perform { db, now in try job(db, now) }
  }

  /// Rejected events by place.
  func post(_ events: [IncomingEvent]) throws -> IntakeAnswer {
    let box = Mutex<Result<IntakeAnswer, any Error>?>(nil)
    life.intake.accept(events) { result in box.withLock { $0 = result } }
    while box.withLock({ $0 == nil }) { _ = try life.writer.round() }
    return try #require(try box.withLock { try $0?.get() })
  }

  func erase(_ id: String) throws -> ErasureAct? {
    erased += 1
    let (erasures, name) = (life.erasures, "erasure\(erased)")
    nonisolated(unsafe) var act: ErasureAct?
    try write { db, now in act = try erasures.erase(id, reason: "test", by: "k", id: name, now: now, db) }
    return act
  }

  /// Hands over what is in hand and lets rounds pass until everything is erased and nothing is left to do now.
  func settle() throws {
    for _ in 0..<5_000 {
      life.hands.end(life.delivery)
      let more = try life.writer.round().more
      let isIdle = try life.writer.perform { [erasures = life.erasures] db, _ in try erasures.isIdle(db) }
      let isAtEnd = life.hold.fact != nil || life.engine.isAtEnd
      if !more, isIdle, isAtEnd, life.hands.claims.isEmpty { return }
      Time.shared.add(50)
    }
    Issue.record("the village does not come to rest")
  }

  /// Texts and bytes of every row of every table.
  func dump() throws -> String {
    let db = try Connection(path: path, mode: .reader)
    defer { db.close() }
    let tables = try db.query("SELECT name FROM sqlite_schema WHERE type = 'table'") { $0.text(0) }
    return try tables.flatMap { table in
      try db.query("SELECT * FROM \(table)") { "\(table) \($0.values)" }
    }.joined(separator: "\n")
  }

  func findings() throws -> [String] {
    let db = try Connection(path: path, mode: .reader)
    defer { db.close() }
    let notes = AuditNotes()
    let log = [LogAudit.audit] + IDAudit().audits
    for audit in log + TimelineAudit().audits + RunAudit.audits + LedgerAudit.audits { try audit.run(db, notes) }
    return notes.findings
  }
}

/// The clock of all villages: it only goes on.
final class Time: Sendable {
  static let shared = Time()
  private let milliseconds = Mutex<Int64>(1_772_442_000_000)
  var now: Int64 { milliseconds.withLock { $0 } }
  func add(_ span: Int64) { milliseconds.withLock { $0 += span } }
}

/// Connections that keep what they are given until told otherwise.
final class Hands: Dispatch {
  private(set) var claims: [Claim] = []

  func free(_ channel: String) -> Int { 5 }
  func mayRepeat(_ channel: String) -> Bool { false }
  func opensTask(_ channel: String) -> Bool { channel == "call" }
  func handOver(_ claims: [Claim]) { self.claims += claims }

  func end(_ delivery: Delivery) {
    for claim in claims {
      delivery.accept(
        Outcome(
          claim: claim, result: .handed(.accepted(providerID: "p\(claim.message)")),
          task: TaskText(subject: claim.contactID, text: "Call \(claim.address)")))
    }
    claims = []
  }
}

/// Fails now and then, behind everything else, so that a round is done again.
final class Gremlin: Duty {
  struct Bite: Error {}
  var bites = 0

  func work(_ db: Connection, now: Int64) throws -> DutyProgress {
    guard bites > 0 else { return .idle(until: nil) }
    bites -= 1
    throw Bite()
  }

  func committed() {}
  func rolledBack() {}
}
