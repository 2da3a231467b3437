import API
import Channels
import Delivery
import Domain
import Engine
import Erasure
import HTTP
import Ingest
import JSON
import Logging
import Rehearsal
import Retention
import SQL
import Threads

/// The stages of the walk, each made out of those before it, and the threads they work on.
final class LiveStages: @unchecked Sendable {
  // Unchecked: nothing changes after `init`; engine, delivery and catalog are used on the writer's thread alone, which
  // is started after they are made.
  let api: API
  private let erasures: Erasures
  private let writer: Writer
  private let readers: Readers
  /// Apart from the others, who may ask for templates themselves: a read never waits for a read.
  private let templateReaders: Readers
  private let lines: Lines
  private let webhookLine: WebhookLine
  /// Rehearsals alone: their reads are many.
  private let pastReaders: Readers
  private let rehearsing = BackgroundThread(name: "rehearsal", mostWaiting: Stamina.rehearsalsWaiting)
  /// For chains' tests.
  private let beside = BackgroundThread(name: "chain-tests", mostWaiting: Stamina.chainTestsWaiting)

  /// Reads what memory mirrors. Nothing runs yet.
  /// - Parameters:
  ///   - url: where links lead unless the configuration says otherwise.
  ///   - http: asked at each scrape.
  init(
    _ store: DataStore, _ configuration: Configuration, _ channels: ConfiguredChannels, url: String,
    http: @escaping @Sendable () -> HTTPMetrics, log: Logger, logControl: LogControl?
  ) throws {
    let clock = store.clock
    let now: @Sendable () -> Int64 = { clock.now() }
    let report: @Sendable (String) -> Void = { log.error("\($0)") }
    let limits = IngestLimits(configuration.limits)
    let rules = Rules(configuration)
    let tracker = try Self.tracker(store.identity, configuration, url: url)

    let events = try EventLog(store.connection, now: now(), limits: limits, seed: Chance.number())
    let timeline = try Timeline(store.connection)
    let counters = Counters()
    try counters.load(store.connection)
    let catalog = ChainCatalog(report: report)
    let engine = Engine(
      log: events, timeline: timeline, catalog: catalog, counters: counters, rules: rules,
      tombstones: store.erasures.tombstones, poison: Self.poison(store.folder, log), monotonic: Monotonic.nanoseconds,
      report: report)

    readers = try Readers(
      path: store.folder.databasePath, count: Stamina.readers, queueLimit: Stamina.readsWaiting, report: report)
    templateReaders = try Readers(
      path: store.folder.databasePath, count: 1, queueLimit: Stamina.readsWaiting, report: report)
    pastReaders = try Readers(
      path: store.folder.databasePath, count: 1, queueLimit: Stamina.readsWaiting)
    let templates = TemplateCatalog(shop: configuration.shop.templates) { [templateReaders] in
      try Self.template($0, $1, templateReaders)
    }
    let renderer = Renderer(
      templates: templates, tracker: tracker, shop: configuration.shop.json, instance: store.identity.instance)
    let settled = Later<(outcome: Outcome, wantsMore: Bool)>()
    lines = Lines(adapters: channels.adapters, renderer: renderer) { settled.send(($0, $1)) }
    let hold = store.hold
    let delivery = Delivery(
      engine: engine, log: events, catalog: catalog, counters: counters, rules: rules, templates: templates,
      dispatch: lines, hold: hold, monotonic: Monotonic.nanoseconds, report: report)
    let retention = Retention(
      log: events, engine: engine, catalog: catalog, rules: rules,
      besides: rules.retention.audit.map { [AuditExpiry($0)] } ?? [], monotonic: Monotonic.nanoseconds)
    // After the engine, so that every event has acted; before the delivery, whose own events are still to act.
    let posted = Later<WebhookOutcome>()
    webhookLine = WebhookLine(
      WebhookPoster(allowsPrivate: configuration.webhooks.allowsPrivate, now: now),
      connections: configuration.webhooks.connections
    ) { posted.send($0) }
    let webhooks = WebhookDuty(
      webhookLine, instance: store.identity.instance, changed: { catalog.invalidate() }, report: report)
    let scrubs = Later<@Sendable (Result<Int, any Error>) -> Void>()
    let wakes = Later<Void>()
    let erasures = Self.erasures(
      store, events, timeline, counters, scrub: { scrubs.send($0) }, wake: { wakes.send(()) }, report)
    self.erasures = erasures
    let duties: [any Duty] = [engine] + (retention.map { [$0] } ?? []) + [delivery, webhooks]
    let writer = Writer(
      connection: store.connection,
      duties: [erasures, IdempotencyExpiry()] + (hold.fact == nil ? duties : duties.map { HeldDuty($0, while: hold) }),
      now: Self.watched(clock, log),
      quiet: { [readers, templateReaders, pastReaders] body in
        readers.quiet { templateReaders.quiet { pastReaders.quiet(body) } }
      }, report: report)
    self.writer = writer
    scrubs.receive { writer.scrub(then: $0) }
    wakes.receive { writer.wake() }
    let onWriter = WriterStages(engine, delivery, webhooks, catalog, hold)
    posted.receive {
      onWriter.accept($0)
      writer.wake()
    }
    settled.receive { outcome, wantsMore in
      onWriter.accept(outcome)
      if wantsMore { writer.wake() } else { writer.wakeSoon() }
    }

    let intake = Intake(writer: writer, log: events, limits: limits, tombstones: store.erasures.tombstones, now: now)
    let meter = RequestMeter()
    var stages = Stages(
      intake: intake, log: events, timeline: timeline, keys: store.keys, writer: writer, readers: readers,
      counters: counters, rules: rules, templates: templates, templateShop: configuration.shop.templates,
      renderer: renderer, tracker: tracker, machines: Self.machines(configuration),
      shop: ShopFace(name: configuration.shop.name, locale: configuration.shop.locale),
      chainsChanged: { onWriter.chainsChanged() },
      metrics: [
        .writer(writer), .intake(intake, events), .engine { onWriter.lag }, .funnel(counters, rules),
        .delivery { onWriter.lateness }, .lateness(rules, now: now), .stuckRuns(), .storeSize,
        .disk { [path = store.folder.path] in HostFigures.disk(path) }, .retention(Self.deleted(by: retention)),
        .requests(meter), .http(http), .hold(hold), .webhooks { onWriter.posts },
        .process(version: Version.number) { HostFigures.process() },
      ],
      unready: { writer.isHealthy ? nil : "the store takes no writes" }, now: now,
      monotonic: Monotonic.nanoseconds, random: { Chance.bytes($0) },
      testClock: Self.testClock(clock, writer, onWriter), hold: hold,
      released: {
        onWriter.released()
        log.warning("released: what is due acts now, as `late` decides")
        writer.wake()
      },
      backup: BackupDesk(writer, path: store.folder.backupPath, now: now, log).make,
      worlds: Worlds(
        setting: WorldSetting(configuration), beside: Self.timed(beside),
        rehearsals: Rehearsals(Self.rehearsals(rehearsing, pastReaders, store.folder, configuration))),
      erasures: erasures)
    stages.scratchFolder = store.folder.path
    stages.logControl = logControl
    api = API(
      routes: stages.routes, keys: store.keys, writer: writer, readers: readers, meter: meter,
      log: Logger(label: "api"), crossOrigin: configuration.crossOrigin,
      keyedBytes: IngestLimits(configuration.limits).queuedBytes, now: now,
      nanoseconds: { SystemClock.nanoseconds() }, random: Chance.bytes)
  }

  /// Before anything is served: whom the journal knows as erased and this file does not, since it is an older copy, is
  /// erased from it, down to the free space.
  func eraseAgain(_ log: Logger) throws {
    let count = try writer.perform { [erasures] db, _ in try erasures.catchUp(db) }
    guard count > 0 else { return }
    log.warning(
      "the database is older than its journal of erasures: who was erased since is erased again",
      metadata: ["entries": "\(count)"])
    while try !writer.perform({ [erasures] db, _ in try erasures.isIdle(db) }) { Pause.microseconds(2_000) }
  }

  private static func erasures(
    _ store: DataStore, _ events: EventLog, _ timeline: Timeline, _ counters: Counters,
    scrub: @escaping @Sendable (@escaping @Sendable (Result<Int, any Error>) -> Void) -> Void,
    wake: @escaping @Sendable () -> Void, _ report: @escaping (String) -> Void
  ) -> Erasures {
    let (hold, copies) = (store.hold, [store.folder.backupPath, store.folder.rehearsalPath])
    return Erasures(
      Erasures.Setup(
        log: events, timeline: timeline, counters: counters, tombstones: store.erasures.tombstones,
        journal: store.erasures.journal, isHeld: { hold.fact != nil }, scrub: scrub,
        isAlone: { !copies.contains { FileText.exists($0) } }, wake: wake, report: report))
  }

  /// Without a place for its notes the server serves all the same.
  private static func poison(_ folder: DataFolder, _ log: Logger) -> PoisonGuard {
    let words: LastingWords
    do { words = try LastingWords(path: folder.lastingWordsPath) } catch {
      log.warning("a decision that ends the process would not be known at the next start: \(error)")
      words = LastingWords()
    }
    let poison = PoisonGuard(words)
    if let (decision, ends) = poison.lastEnd {
      log.warning(
        "the process before this one ended in the middle of \(decision)",
        metadata: ["ends": "\(ends)", "left_aside_after": "\(PoisonGuard.mostEnds)"])
    }
    return poison
  }

  /// Asked at each scrape; behind a lock of its own.
  private static func deleted(by retention: Retention?) -> @Sendable () -> [String: Int] {
    nonisolated(unsafe) let retention = retention
    return { retention?.metrics ?? [:] }
  }

  func start() {
    lines.start()
    webhookLine.start()
    writer.start()
  }

  /// What is in hand is handed over, what waits goes back to be planned; then what came of it is committed.
  func stop(_ log: Logger) {
    lines.close()
    webhookLine.stop()
    // Once this round is over, nothing claimed before the closing is still on its way to the lines.
    commit(log)
    if !lines.end(within: Stamina.handOverSeconds) {
      log.warning(
        "messages in hand did not end in time; the next start settles them",
        metadata: ["count": "\(lines.busy.values.reduce(0, +))"])
    }
    commit(log)
    beside.stop()
    rehearsing.stop()
    pastReaders.stop()
    readers.stop()
    templateReaders.stop()
  }

  /// One whole round of the writer: outcomes that have arrived are recorded by it.
  private func commit(_ log: Logger) {
    do { try writer.perform { _, _ in } } catch { log.error("a commit at the end failed: \(error)") }
  }

  /// The file is closed after this.
  func close(keepsLog: Bool) { writer.stop(keepsLog: keepsLog) }

  /// Asked by lines, writer and API alike.
  private static func template(
    _ id: String, _ version: Int64?, _ readers: Readers
  ) throws -> (version: Int64, document: String)? {
    try readers.read { db in
      let store = TemplateStore()
      guard let version = try version ?? store.newest(id, db) else { return nil }
      return try store.document(id, version: version, db).map { (version, $0) }
    }
  }

  /// The clock of the rounds, which says when the clock on the wall was set.
  private static func watched(_ clock: ServerClock, _ log: Logger) -> @Sendable () -> Int64 {
    guard case .system(let system) = clock else { return { clock.now() } }
    let reporter = StepReporter { step in
      log.warning("the clock on the wall was set", metadata: ["seconds": "\(step / 1000)"])
    }
    return {
      reporter.look()
      return system.now()
    }
  }

  /// A job's time begins when its turn comes.
  private static func timed(_ thread: BackgroundThread) -> @Sendable (@escaping Worlds.Job) -> Bool {
    { job in
      thread.submit {
        let end = Monotonic.nanoseconds() + Int64(Stamina.chainTestSeconds * 1e9)
        job { thread.isStopping || Monotonic.nanoseconds() > end }
      }
    }
  }

  private static func rehearsals(
    _ thread: BackgroundThread, _ past: Readers, _ folder: DataFolder, _ configuration: Configuration
  ) -> Rehearsals.Setup {
    let (path, parent) = (folder.rehearsalPath, folder.path)
    let pauses = Pauses(share: Stamina.rehearsalShare)
    return Rehearsals.Setup(
      setting: WorldSetting(configuration), past: past, path: path,
      beside: { job in thread.submit { job { thread.isStopping } } }, pause: { pauses.take() },
      room: { min(Stamina.rehearsalBytes, ScratchFile.free(under: parent) / 4) })
  }

  private static func machines(_ configuration: Configuration) -> MachineDetector {
    MachineDetector(scanners: MachineDetector.knownScanners + configuration.scanners)
  }

  private static func tracker(_ identity: Identity, _ configuration: Configuration, url: String) throws -> Tracker {
    guard let key = LinkSigner.Key(id: 1, secret: identity.signingSecret) else {
      throw StoreRefusal("the database has no readable signing secret; restore it from a backup")
    }
    return Tracker(
      publicURL: configuration.publicURL ?? url, signer: LinkSigner(key), utm: configuration.utm)
  }

  private static func testClock(
    _ clock: ServerClock, _ writer: Writer, _ settling: any Settling
  ) -> Stages.TestClock? {
    guard case .test(let test) = clock else { return nil }
    let driver = ClockDriver(clock: test, writer: writer, settling: settling)
    return { move, done in detached { done(Result { try driver.move(move) }) } }
  }
}

extension IngestLimits {
  init(_ limits: LimitSettings) {
    self.init()
    (eventBytes, eventsPerCall, jsonDepth) = (limits.eventBytes, limits.eventsPerCall, limits.jsonDepth)
    queuedBytes = limits.queuedBytes ?? queuedBytes
  }
}

extension ShopSettings {
  /// What templates see as `shop`.
  var json: JSONValue {
    var object: JSONObject = [
      "name": .string(name), "locale": .string(locale), "currency": .string(currency),
      "time_zone": .string(timeZone.identifier),
    ]
    object["url"] = url.map { .string($0) }
    return .object(object)
  }

  /// What templates need to know before there is a message; only what is configured can be named.
  var templates: TemplateShop {
    TemplateShop(
      locale: locale, currency: currency, names: TemplateNames(shop: Set(json.object?.keys ?? [])))
  }
}
