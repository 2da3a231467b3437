import Channels
import Delivery
import Domain
import Engine
import Foundation
import Ingest
import JSON
import Migrations
import SQL
import Threads

/// The stages over a file of their own, wired as the server wires them; the writer's thread runs.
final class BenchWorld: Sendable {
  let folder: URL
  let path: String
  let writer: Writer
  let log: EventLog
  let intake: Intake
  let counters = Counters()
  /// On the writer's thread alone.
  nonisolated(unsafe) let catalog: ChainCatalog
  private let lines: Lines
  private let readers: Readers

  let clock = BenchClock()

  static func milliseconds() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

  /// - Parameters:
  ///   - chains: documents to publish.
  ///   - template: text and html of the template `letter`.
  ///   - email: how that channel's messages leave; by default they are taken at once.
  init(
    chains: [String] = [], template: (text: String, html: String) = ("Hello", "<p>Hello</p>"),
    email: any ChannelAdapter = LogAdapter(connections: 32)
  ) throws {
    folder = ServedFolder.temporary()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.appending(path: "zveno.sqlite").path
    let usual = Connection.Settings()
    let settings = Connection.Settings(
      cacheKiB: number(of: "--cache", else: usual.cacheKiB),
      pagesBetweenCheckpoints: number(of: "--checkpoint", else: usual.pagesBetweenCheckpoints))
    let db = try Connection(path: path, mode: .writer, settings: settings)
    try Migrator(Migrations.all).migrate(db)
    try Self.publish(chains, template, db)
    log = try EventLog(db, now: Self.milliseconds(), seed: .random(in: 0 ... .max))
    let catalog = ChainCatalog()
    self.catalog = catalog
    let rules = Rules(channels: ["email": ChannelPolicy()], shopZone: .utc)
    let engine = Engine(
      log: log, timeline: try Timeline(db), catalog: catalog, counters: counters, rules: rules,
      monotonic: Monotonic.nanoseconds)
    readers = try Readers(path: path, count: 1, queueLimit: 1000)
    let templates = TemplateCatalog(shop: TemplateShop(locale: "en", currency: "EUR")) { [readers] id, version in
      try readers.read { db in
        guard let version = try version ?? TemplateStore().newest(id, db) else { return nil }
        return try TemplateStore().document(id, version: version, db).map { (version, $0) }
      }
    }
    guard let key = LinkSigner.Key(id: 1, secret: Array(repeating: 7, count: 32)) else { throw Broken() }
    let tracker = Tracker(publicURL: "https://go.shop.example", signer: LinkSigner(key))
    let renderer = Renderer(templates: templates, tracker: tracker, shop: ["name": "Shop"], instance: "bench")
    let settled = Settled()
    lines = Lines(adapters: ["email": email], renderer: renderer) { settled.tell($0, $1) }
    let delivery = Delivery(
      engine: engine, log: log, catalog: catalog, counters: counters, rules: rules, templates: templates,
      dispatch: lines, monotonic: Monotonic.nanoseconds)
    let writer = Writer(connection: db, duties: [engine, delivery], now: clock.now, maxQueued: 100_000)
    self.writer = writer
    settled.connect(delivery, writer)
    intake = Intake(writer: writer, log: log, now: clock.now)
    lines.start()
    writer.start()
  }

  struct Broken: Error {}

  /// Brings outcomes to who records them, and wakes him.
  private final class Settled: @unchecked Sendable {
    // Unchecked: written once, before the lines have anything to tell; `accept` is a call from any thread.
    private var delivery: Delivery?
    private var writer: Writer?

    func connect(_ delivery: Delivery, _ writer: Writer) { (self.delivery, self.writer) = (delivery, writer) }

    func tell(_ outcome: Outcome, _ wantsMore: Bool) {
      delivery?.accept(outcome)
      if wantsMore { writer?.wake() } else { writer?.wakeSoon() }
    }
  }

  private static func publish(
    _ chains: [String], _ template: (text: String, html: String), _ db: Connection
  ) throws {
    let now = Timestamp(milliseconds: milliseconds())
    try db.transaction {
      let document: JSONValue = [
        "subject": "A letter", "text": .string(template.text), "html": .string(template.html),
      ]
      try TemplateStore().save("letter", document.text, now: now, db)
      for (number, chain) in chains.enumerated() {
        let saved = try ChainStore().save("chain-\(number)", draft: chain, now: now, db)
        try ChainStore().publish(saved.stored, now: now, db)
      }
    }
  }

  /// Waits until the engine has read the log to its end, no run is due, and nothing is planned any more.
  func drain() throws {
    while true {
      let isDone = try writer.perform { [log] db, now in
        let cursor = try db.first("SELECT value FROM facts WHERE name = 'engine.cursor'", []) { Int64($0.text(0)) ?? 0 }
        // Each by an index of its own: a walk over all messages would be most of what is measured.
        let open = """
          SELECT EXISTS (SELECT 1 FROM messages WHERE status = 'planned' AND due_at IS NOT NULL)
            OR EXISTS (SELECT 1 FROM messages WHERE status = 'sending')
          """
        let due = "SELECT 1 FROM runs WHERE due_at IS NOT NULL AND due_at <= $1 LIMIT 1"
        return try cursor ?? 0 >= log.lastSeq && !(db.first(open, []) { $0.int(0) == 1 } ?? true)
          && db.first(due, [.int(now)], { _ in true }) == nil
      }
      if isDone { return }
      // Each question is a round with a commit of its own: seldom, so that it is not what is measured.
      usleep(10_000)
    }
  }

  /// Messages that have left.
  func sent() throws -> Int {
    try writer.perform { db, _ in
      Int(try db.first("SELECT count(*) FROM messages WHERE status = 'sent'", []) { $0.int(0) } ?? 0)
    }
  }

  /// Events that the engine has still to read.
  func unread() throws -> Int {
    try writer.perform { [log] db, _ in
      let cursor = try db.first("SELECT value FROM facts WHERE name = 'engine.cursor'", []) { Int64($0.text(0)) ?? 0 }
      return Int(log.lastSeq - (cursor ?? 0))
    }
  }

  func close() {
    lines.close()
    _ = lines.end(within: 10)
    readers.stop()
    writer.stop()
    try? FileManager.default.removeItem(at: folder)
  }

  /// An event as a shop's backend posts it, about 250 bytes, with a random id.
  static func body(_ type: String = "view", contact: Int) -> [UInt8] {
    let id = UUID().uuidString
    return Array(
      """
      {"id":"\(id)","type":"\(type)","contact":{"id":"c\(contact)","email":"c\(contact)@shop.example"},\
      "properties":{"sku":"sku-\(contact % 997)","category":"iphone","brand":"Apple","price":49990,\
      "url":"https://shop.example/catalog/iphone"}}
      """.utf8)
  }

  /// So many of them as NDJSON.
  static func batch(_ count: Int = 1000, contacts: Int) -> [UInt8] {
    (0..<count).reduce(into: []) { bytes, _ in bytes += body(contact: .random(in: 0..<contacts)) + [10] }
  }
}
