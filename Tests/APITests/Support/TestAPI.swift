import API
import Delivery
import Domain
import Engine
import Erasure
import Foundation
import HTTP
import Ingest
import JSON
import Logging
import Migrations
import Rehearsal
import SQL
import Synchronization
import Testing
import Threads

/// The API over a real file with engine and delivery, without sockets. The clock stands still until a test sets it;
/// every message that passes the gate is handed over at once, calls open tasks.
final class TestAPI: @unchecked Sendable {
  // Unchecked: engine, delivery and catalog are used on the writer's thread alone.
  static let adminKey = "admin-key-of-the-tests"

  let api: API
  let keys: Keys
  let writer: Writer
  let log: EventLog
  let tracker: Tracker
  let routes: [Route]
  let dispatch: InstantDispatch
  /// What was logged.
  let lines = LinesInMemory()
  private let readers: Readers
  private let templateReaders: Readers
  private let rehearsing = BackgroundThread(name: "rehearsal", mostWaiting: 4)
  private let beside = BackgroundThread(name: "beside", mostWaiting: 4)
  private let engine: Engine
  private let delivery: Delivery
  private let folder: URL
  private let clock = TestTime()

  /// - Parameters:
  ///   - held: why the file is held; nil: it is not.
  ///   - adjust: what the configuration says besides.
  init(
    testClock: Stages.TestClock? = nil, unready: @escaping @Sendable () -> String? = { nil }, held: String? = nil,
    backup: Stages.MakeBackup? = nil, crossOrigin: CrossOrigin? = nil, logControl: LogControl? = nil,
    keyedBytes: Int = 64 << 20,
    _ adjust: (inout Rules) -> Void = { _ in }
  ) throws {
    folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("api-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appendingPathComponent("zveno.db").path
    let db = try Connection(path: path, mode: .writer, durability: .off)
    try Migrator(Migrations.all).migrate(db)
    let clock = self.clock
    if let held {
      try db.transaction { try Hold.set(Hold.Fact(since: Timestamp(milliseconds: 0), reason: held), db) }
    }
    let hold = try Hold(db)
    log = try EventLog(db, now: clock.now)
    keys = Keys(adminKey: Self.adminKey)
    try keys.load(db)
    let (counters, catalog) = (Counters(), UncheckedBox(ChainCatalog()))
    var rules = Rules(
      channels: ["email": ChannelPolicy(), "sms": ChannelPolicy(consent: .optIn), "call": ChannelPolicy()],
      shopZone: .utc)
    adjust(&rules)
    readers = try Readers(path: path, count: 1, queueLimit: 100)
    templateReaders = try Readers(path: path, count: 1, queueLimit: 100)
    let shop = TemplateShop(locale: "en", currency: "EUR")
    let templates = TemplateCatalog(shop: shop) { [templateReaders] id, version in
      try templateReaders.read { db in
        let store = TemplateStore()
        guard let version = try version ?? store.newest(id, db) else { return nil }
        return try store.document(id, version: version, db).map { (version, $0) }
      }
    }
    let key = try #require(LinkSigner.Key(id: 1, secret: Array(repeating: 7, count: 32)))
    tracker = Tracker(publicURL: "https://go.shop.example", signer: LinkSigner(key))
    let renderer = Renderer(
      templates: templates, tracker: tracker, shop: ["name": "Shop"], instance: "test")
    dispatch = InstantDispatch(renderer)
    let timeline = try Timeline(db)
    let tombstones = Tombstones()
    engine = Engine(
      log: log, timeline: timeline, catalog: catalog.value, counters: counters, rules: rules, tombstones: tombstones)
    delivery = Delivery(
      engine: engine, log: log, catalog: catalog.value, counters: counters, rules: rules, templates: templates,
      dispatch: dispatch, hold: hold)
    let writers = LaterWriter()
    let erasures = Erasures(
      Erasures.Setup(
        log: log, timeline: timeline, counters: counters, tombstones: tombstones, journal: JournalInMemory(),
        isHeld: { hold.fact != nil }, scrub: { writers.writer?.scrub(then: $0) }, wake: { writers.writer?.wake() }))
    let writer = Writer(
      connection: db,
      duties: [erasures, IdempotencyExpiry(), HeldDuty(engine, while: hold), HeldDuty(delivery, while: hold)],
      now: { clock.now }, quiet: { [readers, templateReaders] body in readers.quiet { templateReaders.quiet(body) } })
    (self.writer, writers.writer) = (writer, writer)
    let meter = RequestMeter()
    let intake = Intake(writer: writer, log: log, tombstones: tombstones, now: { clock.now })
    let engineBox = UncheckedBox(engine)
    let setting = WorldSetting(rules: rules, taskChannels: ["call"], templateShop: shop)
    var stages = Stages(
      intake: intake, log: log, timeline: timeline, keys: keys, writer: writer, readers: readers, counters: counters,
      rules: rules, templates: templates, templateShop: shop, renderer: renderer, tracker: tracker,
      shop: ShopFace(name: "Shop", locale: "en"), chainsChanged: { catalog.value.invalidate() },
      metrics: [
        .writer(writer), .intake(intake, log), .requests(meter), .engine { engineBox.value.metrics },
        .funnel(counters, rules), .lateness(rules, now: { clock.now }), .stuckRuns(atOnce: 2, mostUnread: 4),
        .hold(hold),
      ],
      unready: unready, now: { clock.now },
      random: { count in (0..<count).map { _ in UInt8.random(in: .min ... .max) } }, testClock: testClock,
      hold: hold,
      released: {
        engineBox.value.startOver()
        writer.wake()
      },
      backup: backup,
      worlds: Worlds(
        setting: setting, beside: { [beside] job in beside.submit { job { beside.isStopping } } },
        rehearsals: Rehearsals(
          Rehearsals.Setup(
            setting: setting, past: readers, path: folder.appendingPathComponent("rehearsal.tmp").path,
            beside: { [rehearsing] job in rehearsing.submit { job { rehearsing.isStopping } } }, pause: {},
            room: { 1 << 30 }))),
      erasures: erasures)
    stages.logControl = logControl
    routes = stages.routes
    api = API(
      routes: routes, keys: keys, writer: writer, readers: readers, meter: meter,
      log: Logger(label: "test", factory: { [lines] _ in lines }), crossOrigin: crossOrigin, keyedBytes: keyedBytes,
      now: { clock.now }, nanoseconds: { clock.now * 1_000_000 }, random: stages.random)
    dispatch.settled = { [delivery, writer] outcome in
      delivery.accept(outcome)
      writer.wake()
    }
    writer.start()
  }

  deinit {
    beside.stop()
    rehearsing.stop()
    readers.stop()
    templateReaders.stop()
    writer.stop()
    try? FileManager.default.removeItem(at: folder)
  }

  /// Milliseconds since 1970.
  var now: Int64 {
    get { clock.now }
    set { clock.now = newValue }
  }

  /// Blocks until every event has acted and no message is in hand.
  func settle() throws {
    for _ in 0..<1000 {
      let isSettled = try writer.perform { [self] db, now in
        guard engine.isAtEnd, !engine.hasSlicesLeft, try delivery.isIdle(db) else { return false }
        let due = [try engine.nextDue(db)?.milliseconds, try delivery.nextDue(now: now, db)].compactMap { $0 }
        return due.allSatisfy { $0 > now }
      }
      if isSettled { return }
    }
    Issue.record("it never settled")
  }

  /// Sends one request and waits for its answer.
  func call(
    _ method: String, _ target: String, _ body: String? = nil, type: String? = "application/json",
    key: String? = adminKey, headers: [(name: String, value: String)] = []
  ) -> Answer {
    var headers = headers
    if let key { headers.append(("Authorization", "Bearer " + key)) }
    if body != nil, let type { headers.append(("Content-Type", type)) }
    let (path, query) = Self.split(target)
    let request = Request(
      method: method, path: path, query: query, headers: Headers(headers), body: Array((body ?? "").utf8))
    let box = Mutex<Response?>(nil)
    let done = DispatchSemaphore(value: 0)
    api.answer(request) { response in
      box.withLock { $0 = response }
      done.signal()
    }
    _ = done.wait(timeout: .now() + 20)
    return Answer(response: box.withLock { $0 } ?? Response(status: 0))
  }

  private static func split(_ target: String) -> (path: String, query: [(name: String, value: String)]) {
    guard let components = URLComponents(string: target) else { return (target, []) }
    return (components.path, (components.queryItems ?? []).map { ($0.name, $0.value ?? "") })
  }
}

/// Set once, before the writer is started.
private final class LaterWriter: @unchecked Sendable {
  var writer: Writer?
}
