import Domain
import Engine
import Foundation
import Ingest
import JSON
import Migrations
import SQL
import Synchronization
import Testing

/// The log and the engine over a real file, with a clock moved by hand.
final class EngineWorld {
  let folder: URL
  let clock: Clock
  private(set) var writer: Writer
  private(set) var log: EventLog
  private(set) var engine: Engine
  private(set) var counters: Counters
  private(set) var catalog: ChainCatalog
  private let rules: Rules
  private let slice: Engine.Slice
  private let monotonic: () -> Int64
  private let report: (String) -> Void
  private let isOwner: Bool
  private let durability: Durability

  final class Clock: Sendable {
    private let milliseconds: Mutex<Int64>
    init(_ start: Timestamp) { milliseconds = Mutex(start.milliseconds) }
    var now: Int64 { milliseconds.withLock { $0 } }
    func set(_ moment: Timestamp) { milliseconds.withLock { $0 = moment.milliseconds } }
  }

  /// - Parameter path: the folder of another world, which goes on here; nil: a new one.
  init(
    in path: String? = nil, at start: String = "2026-03-02T09:00:00Z",
    channels: [String: ChannelPolicy] = ["email": ChannelPolicy()],
    slice: Engine.Slice = Engine.Slice(), monotonic: @escaping () -> Int64 = { 0 },
    durability: Durability = .full, report: @escaping (String) -> Void = { _ in }
  ) throws {
    self.durability = durability
    folder =
      path.map { URL(filePath: $0) }
      ?? FileManager.default.temporaryDirectory.appending(path: "zveno-engine-\(UUID().uuidString)")
    isOwner = path == nil
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    clock = Clock(try #require(Timestamp(rfc3339: start)))
    rules = Rules(channels: channels, shopZone: .utc)
    (self.slice, self.monotonic, self.report) = (slice, monotonic, report)
    (writer, log, engine, counters, catalog) = try Self.open(
      folder, clock, rules, slice, monotonic, durability, report)
  }

  deinit { if isOwner { try? FileManager.default.removeItem(at: folder) } }

  /// Where decisions are noted.
  var words: String { Self.words(folder) }

  private static func words(_ folder: URL) -> String { folder.appending(path: "deciding").path }

  private static func open(
    _ folder: URL, _ clock: Clock, _ rules: Rules, _ slice: Engine.Slice, _ monotonic: @escaping () -> Int64,
    _ durability: Durability, _ report: @escaping (String) -> Void
  ) throws -> (Writer, EventLog, Engine, Counters, ChainCatalog) {
    let db = try Connection(path: folder.appending(path: "zveno.sqlite").path, mode: .writer, durability: durability)
    try Migrator(Migrations.all).migrate(db)
    let log = try EventLog(db, now: clock.now)
    let (counters, catalog) = (Counters(), ChainCatalog())
    try counters.load(db)
    var settings = Timeline.Settings()
    // Small, so that tests live through merges.
    (settings.rowsToMerge, settings.rowsPerSlice) = (7, 3)
    let timeline = try Timeline(db, settings: settings)
    let engine = Engine(
      log: log, timeline: timeline, catalog: catalog, counters: counters, rules: rules, slice: slice,
      poison: PoisonGuard(try LastingWords(path: words(folder))), monotonic: monotonic, report: report)
    let writer = Writer(connection: db, duties: [engine], now: { clock.now })
    return (writer, log, engine, counters, catalog)
  }

  /// What a kill of the process between two rounds leaves: the file.
  func restart() throws {
    (writer, log, engine, counters, catalog) = try Self.open(
      folder, clock, rules, slice, monotonic, durability, report)
  }

  /// Runs rounds until nothing is left to do now.
  func settle() throws {
    for _ in 0..<1000 where try !writer.round().more { return }
    Issue.record("the engine does not come to rest")
  }

  func publish(_ id: String, _ document: String, runs: InsideRuns = .pin, once: Bool = false) throws {
    try write(once: once) { db, now, world in
      let parsed = ChainParser.parse(try JSONDocument(parsing: Array(document.utf8)))
      #expect(parsed.errors == [])
      let saved = try ChainStore().save(id, draft: document, now: now, db)
      try ChainStore().publish(saved.stored, runs: runs, now: now, db)
      world.catalog.invalidate()
    }
  }

  /// Runs a job in a round of its own, and unless it is to be `once`, the rounds that follow of it.
  func write(once: Bool = false, _ job: @escaping (Connection, Timestamp, EngineWorld) throws -> Void) throws {
    nonisolated(unsafe) let (world, job) = (self, job)
    nonisolated(unsafe) var failure: (any Error)?
    writer.submit { db, now in
      try job(db, Timestamp(milliseconds: now), world)
    } then: {
      if case .failure(let error) = $0 { failure = error }
    }
    if once { _ = try writer.round() } else { try settle() }
    if let failure { throw failure }
  }

  func happen(
    _ type: String, _ contact: String = "ann", _ properties: JSONValue = .object([:]), at: String? = nil,
    message: Int64? = nil
  ) throws {
    try write { db, now, world in
      let event = IncomingEvent(
        type: type, keys: ContactKeys(id: contact), at: at.flatMap { Timestamp(rfc3339: $0) },
        properties: properties.serialized(), message: message)
      _ = try world.log.append([event], now: now.milliseconds, db)
    }
  }

  /// As PUT /v1/contacts/{id}.
  func put(_ contact: String, _ patch: String, once: Bool = false) throws {
    try write(once: once) { db, now, world in
      let patch = try ContactPatch(try JSONDocument(parsing: Array(patch.utf8)).root)
      let change = try People().change(id: contact, patch, now: now, db)
      try world.log.append(own: ContactEvent.said(of: change), now: now.milliseconds, db)
    }
  }

  func happen(_ type: String, _ keys: ContactKeys, _ properties: JSONValue = .object([:])) throws {
    try write { db, now, world in
      let event = IncomingEvent(type: type, keys: keys, properties: properties.serialized())
      _ = try world.log.append([event], now: now.milliseconds, db)
    }
  }

  /// As a call asks for it.
  func merge(_ id: String, into other: String) throws {
    try write { db, now, world in
      guard let contact = try People().find(id, db)?.row, let survivor = try People().find(other, db)?.row else {
        Issue.record("there is no \(id) or no \(other)")
        return
      }
      let wish = ContactEvent.merge(contact, into: survivor, by: .call)
      try world.log.append(own: [wish], now: now.milliseconds, db)
    }
  }

  /// What happened to the contact, but for what the server itself says, the oldest first: the numbers `n` of the events.
  func history(_ id: String) throws -> [Int] {
    let db = try Connection(path: folder.appending(path: "zveno.sqlite").path, mode: .reader)
    defer { db.close() }
    guard let contact = try People().find(id, db) else { return [] }
    let page = try ContactHistory(engine.timeline).page(of: contact.row, before: nil, limit: 1000, db)
    return page.reversed().compactMap { $0.properties["n"]?.number?.int.map { Int($0) } }
  }

  /// Whatever the audits find.
  func findings() throws -> [String] {
    let db = try Connection(path: folder.appending(path: "zveno.sqlite").path, mode: .reader)
    defer { db.close() }
    let notes = AuditNotes()
    for audit in RunAudit.audits + TimelineAudit().audits + CalendarAudit.audits { try audit.run(db, notes) }
    return notes.findings
  }

  func time(_ at: String) throws {
    clock.set(try #require(Timestamp(rfc3339: at)))
    try settle()
  }

  func query<T: Sendable>(_ sql: String, _ read: @escaping (Row) throws -> T) throws -> [T] {
    let db = try Connection(path: folder.appending(path: "zveno.sqlite").path, mode: .reader)
    defer { db.close() }
    return try db.query(sql, [], read)
  }

  var runs: [String] {
    get throws {
      try query("SELECT state || coalesce(' ' || reason, '') || ' ' || step FROM runs ORDER BY id") { $0.text(0) }
    }
  }

  var messages: [String] {
    get throws {
      try query("SELECT label || ' ' || status || coalesce(' ' || error, '') FROM messages ORDER BY id") { $0.text(0) }
    }
  }
}
