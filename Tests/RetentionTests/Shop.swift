import Delivery
import Domain
import Engine
import Foundation
import Ingest
import JSON
import Migrations
import Retention
import SQL
import Synchronization
import Testing

/// A shop on a real file with a clock moved by hand: log, engine, delivery and what deletes behind them.
final class Shop {
  let clock: Clock
  let policy: RetentionPolicy
  private(set) var stages: Stages
  private let folder: URL
  private let slice: Int
  private var mark = 0

  final class Clock: Sendable {
    private let milliseconds = Mutex<Int64>(0)
    var now: Int64 { milliseconds.withLock { $0 } }
    func set(_ moment: Int64) { milliseconds.withLock { $0 = moment } }

    /// The other clock: how long each look at it is after the one before, in nanoseconds, and what it shows.
    private let stopwatch = Mutex<(pace: Int64, time: Int64)>((0, 0))
    func slow(to pace: Int64) { stopwatch.withLock { $0.pace = pace } }
    func tick() -> Int64 {
      stopwatch.withLock {
        $0.time += $0.pace
        return $0.time
      }
    }
  }

  /// One life of the process.
  struct Stages {
    let writer: Writer
    let log: EventLog
    let engine: Engine
    let catalog: ChainCatalog
    let retention: Retention?
  }

  static let day: Int64 = 86_400_000
  static let hour: Int64 = 3_600_000

  init(
    _ policy: RetentionPolicy, chain: String = #"{"enter":{"event":"cart"},"steps":[{"send":"email","template":"a"}]}"#,
    slice: Int = Retention.standardSlice
  ) throws {
    (self.policy, self.slice, clock) = (policy, slice, Clock())
    clock.set(try #require(Timestamp(rfc3339: "2026-03-02T09:00:00Z")).milliseconds)
    folder = FileManager.default.temporaryDirectory.appending(path: "zveno-retention-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    stages = try Self.open(folder, clock, policy, slice)
    try write { db, now in
      try TemplateStore().save("a", #"{"text":"Hello"}"#, now: now, db)
      let saved = try ChainStore().save("cart", draft: chain, now: now, db)
      try ChainStore().publish(saved.stored, now: now, db)
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private static func open(_ folder: URL, _ clock: Clock, _ policy: RetentionPolicy, _ slice: Int) throws -> Stages {
    let path = folder.appending(path: "zveno.sqlite").path
    let db = try Connection(path: path, mode: .writer, durability: .off)
    try Migrator(Migrations.all).migrate(db)
    var limits = IngestLimits()
    limits.idsPerBlock = 256
    let log = try EventLog(db, now: clock.now, limits: limits)
    let (counters, catalog) = (Counters(), ChainCatalog())
    try counters.load(db)
    let rules = Rules(
      channels: ["email": ChannelPolicy(), "call": ChannelPolicy()], shopZone: .utc, retention: policy)
    var merging = Timeline.Settings()
    (merging.rowsToMerge, merging.rowsPerSlice) = (200, 100)
    let engine = Engine(
      log: log, timeline: try Timeline(db, settings: merging), catalog: catalog, counters: counters, rules: rules)
    let templates = TemplateCatalog(shop: TemplateShop(locale: "en", currency: "EUR")) { _, _ in nil }
    let dispatch = AtOnce()
    let delivery = Delivery(
      engine: engine, log: log, catalog: catalog, counters: counters, rules: rules, templates: templates,
      dispatch: dispatch)
    dispatch.settled = { [unowned delivery] in delivery.accept($0) }
    let retention = Retention(
      log: log, engine: engine, catalog: catalog, rules: rules, slice: slice, monotonic: { clock.tick() })
    let duties: [any Duty] = [engine] + (retention.map { [$0] } ?? []) + [delivery]
    let writer = Writer(connection: db, duties: duties, now: { clock.now })
    return Stages(writer: writer, log: log, engine: engine, catalog: catalog, retention: retention)
  }

  /// What a kill of the process leaves: the file. It may come back with another configuration.
  func restart(_ policy: RetentionPolicy? = nil) throws {
    stages = try Self.open(folder, clock, policy ?? self.policy, slice)
  }

  /// Runs rounds until nothing is left to do now. Outcomes of messages come with the round after.
  func settle() throws {
    for _ in 0..<10_000 {
      if try !stages.writer.round().more, try !stages.writer.round().more { return }
    }
    Issue.record("the shop does not come to rest")
  }

  func write(_ job: @escaping (Connection, Timestamp) throws -> Void) throws {
    nonisolated(unsafe) let (job, catalog) = (job, stages.catalog)
    nonisolated(unsafe) var failure: (any Error)?
    stages.writer.submit { db, now in
      try job(db, Timestamp(milliseconds: now))
      catalog.invalidate()
    } then: {
      if case .failure(let error) = $0 { failure = error }
    }
    try settle()
    if let failure { throw failure }
  }

  func happen(_ type: String, _ contact: String = "ann", times: Int = 1) throws {
    try append(type, contact, times: times)
    try settle()
  }

  /// Without letting anything come of it.
  func append(_ type: String, _ contact: String = "ann", times: Int = 1) throws {
    let events = (0..<times).map { index in
      mark += 1
      return IncomingEvent(
        id: "e\(mark)", type: type, keys: ContactKeys(id: contact, email: "\(contact)@shop.example"),
        properties: Array(#"{"total":100,"n":\#(mark),"note":"\#(String(repeating: "x", count: 60))"}"#.utf8))
    }
    let log = stages.log
    stages.writer.submitFirst({ db, now in _ = try log.append(events, now: now, db) }) { _ in }
  }

  /// Hour by hour, as a server lives.
  func pass(days: Int64) throws {
    for _ in 0..<days * 24 {
      clock.set(clock.now + Self.hour)
      try settle()
    }
  }

  /// Nobody calls: rounds only when the server has asked for them. - Returns: how many.
  func sleep(days: Int64) throws -> Int {
    let end = clock.now + days * Self.day
    for rounds in 0..<1000 {
      let round = try stages.writer.round()
      if round.more { continue }
      guard let next = round.idleUntil, next <= end else { return rounds }
      clock.set(max(clock.now, next))
    }
    Issue.record("the shop does not sleep")
    return 1000
  }

  func query<T>(_ sql: String, _ read: (Row) throws -> T) throws -> [T] {
    let db = try Connection(path: folder.appending(path: "zveno.sqlite").path, mode: .reader)
    defer { db.close() }
    return try db.query(sql, [], read)
  }

  /// What the audits of the stages have against the file.
  func findings() throws -> [String] {
    let db = try Connection(path: folder.appending(path: "zveno.sqlite").path, mode: .reader)
    defer { db.close() }
    let notes = AuditNotes()
    let log = [LogAudit.audit] + IDAudit().audits
    for audit in log + TimelineAudit().audits + RunAudit.audits + LedgerAudit.audits { try audit.run(db, notes) }
    return notes.findings
  }

  func count(_ table: String) throws -> Int64 { try query("SELECT count(*) FROM \(table)") { $0.int(0) }.first ?? -1 }

  /// Types of the events in the log, in its order, but the server's own.
  func events() throws -> [String] {
    let sql = """
      SELECT t.name FROM events e JOIN event_types t ON t.id = e.type WHERE t.name NOT LIKE 'message.%' ORDER BY e.seq
      """
    return try query(sql) { $0.text(0) }
  }
}

/// Every message is taken on the spot; a call becomes a task.
private final class AtOnce: Dispatch {
  var settled: (Outcome) -> Void = { _ in }

  func free(_ channel: String) -> Int { 10 }
  func mayRepeat(_ channel: String) -> Bool { false }
  func opensTask(_ channel: String) -> Bool { channel == "call" }

  func handOver(_ claims: [Claim]) {
    for claim in claims {
      settled(
        Outcome(
          claim: claim, result: .handed(.accepted(providerID: nil)), task: TaskText(subject: nil, text: "Call")))
    }
  }
}
