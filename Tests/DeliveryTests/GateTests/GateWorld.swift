import Delivery
import Domain
import Engine
import Foundation
import Ingest
import JSON
import Migrations
import SQL
import Synchronization
import Testing

/// Log, engine and delivery over a real file, with a clock that jumps to whatever is due. Every message is taken on the
/// spot.
final class GateWorld {
  private let folder: URL
  private let clock: Clock
  private let rules: Rules
  let taker: Taker
  private var stages: Stages

  private final class Clock: Sendable {
    private let milliseconds = Mutex<Int64>(0)
    var now: Int64 { milliseconds.withLock { $0 } }
    func set(_ moment: Int64) { milliseconds.withLock { $0 = moment } }
  }

  private struct Stages {
    let writer: Writer
    let log: EventLog
    let engine: Engine
    let catalog: ChainCatalog
    let delivery: Delivery
  }

  static let start = "2026-03-02T09:00:00Z"
  static let letter = #"{"send":"email","template":"a"}"#

  init(
    caps: [FrequencyCap] = [], quietAfter: [String: Span] = [:],
    channels: [String: ChannelPolicy] = ["email": ChannelPolicy(), "sms": ChannelPolicy(), "call": ChannelPolicy()],
    from start: String = GateWorld.start
  ) throws {
    rules = Rules(channels: channels, shopZone: .utc, caps: caps, quietAfter: quietAfter)
    (clock, taker) = (Clock(), Taker())
    clock.set(try #require(Timestamp(rfc3339: start)).milliseconds)
    folder = FileManager.default.temporaryDirectory.appending(path: "zveno-gate-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    stages = try Self.open(folder, clock, rules, taker)
    taker.now = { [clock] in clock.now }
    try write { db, now in try TemplateStore().save("a", #"{"text":"Hello"}"#, now: now, db) }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Where decisions are noted.
  var words: String { Self.words(folder) }

  private static func words(_ folder: URL) -> String { folder.appending(path: "deciding").path }

  private static func open(_ folder: URL, _ clock: Clock, _ rules: Rules, _ taker: Taker) throws -> Stages {
    let path = folder.appending(path: "zveno.sqlite").path
    let db = try Connection(path: path, mode: .writer, durability: .off)
    try Migrator(Migrations.all).migrate(db)
    var limits = IngestLimits()
    limits.idsPerBlock = 256
    let log = try EventLog(db, now: clock.now, limits: limits)
    let (counters, catalog) = (Counters(), ChainCatalog())
    try counters.load(db)
    let engine = Engine(
      log: log, timeline: try Timeline(db), catalog: catalog, counters: counters, rules: rules,
      poison: PoisonGuard(try LastingWords(path: words(folder))))
    let templates = TemplateCatalog(shop: TemplateShop(locale: "en", currency: "EUR")) { _, _ in nil }
    let delivery = Delivery(
      engine: engine, log: log, catalog: catalog, counters: counters, rules: rules, templates: templates,
      dispatch: taker)
    taker.settled = { [unowned delivery] in delivery.accept($0) }
    let writer = Writer(connection: db, duties: [engine, delivery], now: { clock.now })
    return Stages(writer: writer, log: log, engine: engine, catalog: catalog, delivery: delivery)
  }

  /// What a kill of the process leaves: the file. It comes back at once, or after some time.
  func restart(at moment: String? = nil) throws {
    if let moment { clock.set(try #require(Timestamp(rfc3339: moment)).milliseconds) }
    stages = try Self.open(folder, clock, rules, taker)
    try settle()
  }

  func publish(_ id: String, _ document: String) throws {
    try write { db, now in
      let parsed = ChainParser.parse(try JSONDocument(parsing: Array(document.utf8)))
      #expect(parsed.errors == [])
      let saved = try ChainStore().save(id, draft: document, now: now, db)
      try ChainStore().publish(saved.stored, now: now, db)
    }
  }

  /// A chain that an event of its own name starts, as often as it comes.
  func publish(_ id: String, steps: String = letter, and more: String = "") throws {
    try publish(id, #"{"enter":{"event":"\#(id)"},"reenter":"always"\#(more),"steps":[\#(steps)]}"#)
  }

  func pause(_ id: String) throws { try change(id) { try ChainStore().pause($0, now: $1, $2) } }

  func resume(_ id: String) throws { try change(id) { try ChainStore().resume($0, now: $1, $2) } }

  private func change(
    _ id: String, _ body: @escaping (ChainStore.Stored, Timestamp, Connection) throws -> Void
  ) throws {
    try write { db, now in try body(try #require(try ChainStore().chain(id, db)), now, db) }
  }

  func put(_ contact: String, _ patch: ContactPatch) throws {
    try write { db, now in _ = try People().change(id: contact, patch, now: now, db) }
  }

  private func write(_ job: @escaping (Connection, Timestamp) throws -> Void) throws {
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

  func happen(_ types: String..., to contact: String = "ann") throws {
    let events = types.map {
      IncomingEvent(
        type: $0, keys: ContactKeys(id: contact, email: "\(contact)@shop.example", phone: "+79161234567"))
    }
    let log = stages.log
    stages.writer.submitFirst({ db, now in _ = try log.append(events, now: now, db) }) { _ in }
    try settle()
  }

  /// Lets everything due until then happen at its own time, as a test clock does.
  /// - Parameter afterEach: called at each moment on the way.
  func time(_ text: String, afterEach: () throws -> Void = {}) throws {
    let target = try #require(Timestamp(rfc3339: text)).milliseconds
    var moments = 0
    while clock.now < target {
      let due = try next()
      // A message whose time has come and that stays is nothing to wait for.
      clock.set(due.flatMap { $0 > clock.now && $0 < target ? $0 : nil } ?? target)
      try settle()
      try afterEach()
      moments += 1
      if moments == 5000 {
        Issue.record("the world spins at \(now)")
        return
      }
    }
  }

  private func next() throws -> Int64? {
    nonisolated(unsafe) let (engine, delivery) = (stages.engine, stages.delivery)
    nonisolated(unsafe) var due: Int64?
    stages.writer.submit { db, now in
      let moments = [try engine.nextDue(db)?.milliseconds, try delivery.nextDue(now: now, db)]
      due = moments.compactMap { $0 }.min()
    } then: { _ in
    }
    try settle()
    return due
  }

  private func settle() throws {
    for _ in 0..<10_000 {
      if try !stages.writer.round().more, try !stages.writer.round().more { return }
    }
    Issue.record("the world does not come to rest")
  }

  var now: String { Timestamp(milliseconds: clock.now).rfc3339 }

  /// What left, as `02T09:00 welcome email`; with a contact that is not ann, also his id.
  var sent: [String] { taker.taken.map(\.text) }

  var handOvers: [Taken] { taker.taken }

  /// Nothing is taken over this channel until it is opened again.
  func close(_ channel: String, _ isClosed: Bool = true) {
    if isClosed { taker.closed.insert(channel) } else { taker.closed.remove(channel) }
  }

  /// Every answer is that it failed.
  var fails: Bool {
    get { taker.fails }
    set { taker.fails = newValue }
  }

  /// `welcome sent`, `cart skipped hold (cap email 2 per 7d)`, by id.
  func messages() throws -> [String] {
    try query(
      """
      SELECT c.id, m.status, m.error, m.held_by FROM messages m JOIN chains c ON c.number = m.chain ORDER BY m.id
      """
    ) { row in
      [row.text(0), row.text(1), row.optionalText(2), row.optionalText(3).map { "(\($0))" }].compactMap { $0 }
        .joined(separator: " ")
    }
  }

  /// `held_by` and `reason` of the events about messages that were not sent.
  func skips() throws -> [String] {
    let sql = """
      SELECT e.properties FROM events e JOIN event_types t ON t.id = e.type WHERE t.name = 'message.skipped'
      ORDER BY e.seq
      """
    return try query(sql) { row in
      let properties = try JSONValue(parsing: row.textBytes(0))
      return [properties["reason"]?.string, properties["held_by"]?.string].compactMap { $0 }.joined(separator: ": ")
    }
  }

  /// A figure of all steps of all chains.
  func figure(_ outcome: String) throws -> Int64 {
    try query("SELECT coalesce(sum(count), 0) FROM chain_counters WHERE step <> '' AND outcome = '\(outcome)'") {
      $0.int(0)
    }.first ?? 0
  }

  /// What the audits of the stages have against the file.
  func findings() throws -> [String] {
    try read { db in
      let notes = AuditNotes()
      for audit in RunAudit.audits + LedgerAudit.audits { try audit.run(db, notes) }
      return notes.findings
    }
  }

  private func query<T>(_ sql: String, _ body: (Row) throws -> T) throws -> [T] {
    try read { try $0.query(sql, [], body) }
  }

  private func read<T>(_ body: (Connection) throws -> T) throws -> T {
    let db = try Connection(path: folder.appending(path: "zveno.sqlite").path, mode: .reader)
    defer { db.close() }
    return try body(db)
  }
}

struct Taken {
  let at: Timestamp
  let chain: String
  let channel: String
  let contact: String

  var text: String {
    let time = at.rfc3339.dropFirst(8).prefix(8)
    return [String(time), chain, channel].joined(separator: " ") + (contact == "ann" ? "" : " " + contact)
  }
}

final class Taker: Dispatch {
  var settled: (Outcome) -> Void = { _ in }
  /// Messages that it takes at once.
  var room = 10
  /// In the middle of a round, each time it is asked how much room there is.
  var meanwhile: () -> Void = {}
  /// How a hand-over ends; nil: as usual.
  var answer: (Claim) -> Answer? = { _ in nil }

  enum Answer {
    case end(Outcome.Result)
    /// It stays in hand.
    case silence
  }
  var now: () -> Int64 = { 0 }
  var taken: [Taken] = []
  var closed: Set<String> = []
  var fails = false

  func free(_ channel: String) -> Int {
    meanwhile()
    return closed.contains(channel) ? 0 : room
  }

  /// What was in hand when the process ended may be handed over again.
  var repeats = false

  func mayRepeat(_ channel: String) -> Bool { repeats }
  func opensTask(_ channel: String) -> Bool { false }

  func handOver(_ claims: [Claim]) {
    for claim in claims {
      switch answer(claim) {
      case .end(let result)?:
        settled(Outcome(claim: claim, result: result))
        continue
      case .silence?: continue
      case nil: break
      }
      if !fails {
        taken.append(
          Taken(
            at: Timestamp(milliseconds: now()), chain: claim.chain, channel: claim.channel, contact: claim.contactID))
      }
      settled(Outcome(claim: claim, result: .handed(fails ? .rejected(reason: "no") : .accepted(providerID: nil))))
    }
  }
}
