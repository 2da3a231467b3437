// Rehearsal lives chains through before people do. What comes in is chains, templates, contacts and what happens to
// them, from a chain's own tests or from the log's past; what goes out is the messages that would have left. It lets the
// same engine and the same delivery work on a clock that is moved by hand: no rule is written here a second time. It
// must not know HTTP, nor touch the file of a running server but by reading.

import Delivery
public import Domain
public import Engine
public import Ingest
import JSON
import Migrations
public import SQL

/// The whole core over a database of its own: nothing leaves it, time stands until it is moved, and every step is bounded.
/// One thread at a time. Errors are `WorldError`, `Refusal` for what is wrong with a document, and the store's own.
public final class World {
  /// What has happened and what came of it, in the layout of a data folder. To be read; `perform` writes.
  public let db: Connection
  public let log: EventLog
  public let counters = Counters()
  /// What the clock shows.
  public internal(set) var now: Timestamp
  let setting: WorldSetting
  let engine: Engine
  let delivery: Delivery
  let catalog = ChainCatalog()
  let dispatch: WorldDispatch
  let templates: TemplateCatalog
  let isOver: () -> Bool
  let firstSeq: Int64
  var rounds = 0

  /// - Parameters:
  ///   - starts: what the clock shows first.
  ///   - path: of an empty file; by default the database is in memory and ends with the world.
  ///   - answers: what becomes of each hand-over, and when; by default it is accepted at once.
  ///   - isOver: asked in every round; true ends it with an error.
  ///   - keepsSent: false for worlds with more messages than memory should hold: `sent` stays empty.
  ///   - keepsRfm: false for worlds whose events are a server's past: its moves between cells are among them.
  ///   - prepare: what lies in the database before anything reads it.
  public init(
    _ setting: WorldSetting, starts: Timestamp, path: String = ":memory:",
    answers: @escaping WorldDispatch.Answers = WorldDispatch.accepts, isOver: @escaping () -> Bool = { false },
    keepsSent: Bool = true, keepsRfm: Bool = true, prepare: (Connection) throws -> Void = { _ in }
  ) throws {
    (self.setting, self.isOver, now) = (setting, isOver, starts)
    let db = try Connection(path: path, mode: .writer, settings: Self.settings)
    self.db = db
    try Migrator(Migrations.all).migrate(db)
    try prepare(db)
    log = try EventLog(db, now: starts.milliseconds)
    firstSeq = log.lastSeq
    try counters.load(db)
    engine = Engine(
      log: log, timeline: try Timeline(db, settings: Self.timeline), catalog: catalog, counters: counters,
      rules: setting.rules, keepsRfm: keepsRfm)
    nonisolated(unsafe) let store = db
    // Asked in the world's own rounds alone, on its thread.
    templates = TemplateCatalog(shop: setting.templateShop) { id, version in
      guard let version = try version ?? TemplateStore().newest(id, store) else { return nil }
      return try TemplateStore().document(id, version: version, store).map { (version, $0) }
    }
    dispatch = WorldDispatch(
      try Self.renderer(setting, templates), tasks: setting.taskChannels, keepsSent: keepsSent, answers: answers)
    delivery = Delivery(
      engine: engine, log: log, catalog: catalog, counters: counters, rules: setting.rules, templates: templates,
      dispatch: dispatch)
    dispatch.settled = { [delivery] in delivery.accept($0) }
  }

  deinit { db.close() }

  /// Messages that were handed over, the oldest first.
  public var sent: [SentMessage] { dispatch.sent }

  private static var timeline: Timeline.Settings {
    var settings = Timeline.Settings()
    settings.rowsToMerge = 50_000
    return settings
  }

  /// Lost with the process anyway: nothing waits for a disk.
  private static var settings: Connection.Settings {
    Connection.Settings(durability: .off, cacheKiB: 16_384, pagesBetweenCheckpoints: 4_000)
  }

  /// Links are signed, and lead nowhere: no letter is ever seen.
  private static func renderer(_ setting: WorldSetting, _ templates: TemplateCatalog) throws -> Renderer {
    guard let key = LinkSigner.Key(id: 1, secret: Array(repeating: 0, count: 32)) else {
      throw WorldError("no key for links could be made")
    }
    return Renderer(
      templates: templates, tracker: Tracker(publicURL: "https://links.invalid", signer: LinkSigner(key)),
      shop: setting.shop, instance: "rehearsal")
  }
}
