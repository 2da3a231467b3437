import Delivery
import Domain
import Engine
import Ingest
import JSON
import Rehearsal
import SQL

@testable import Simulation

/// Reads a world's own database as the file of a running server is read.
struct OpenPast: Past {
  let db: Connection

  func read<T: Sendable>(_ job: @escaping @Sendable (Connection) throws -> T) throws -> T {
    try db.savepoint { try job(db) }
  }
}

/// A shop that has lived through some weeks of random chains and customers, and what it would rehearse.
final class Lived {
  static let setting = WorldSetting(
    rules: Rules(
      channels: [
        "email": ChannelPolicy(hours: ClockSpan("08:00..21:00"), consent: .optOut, price: "0.10"),
        "sms": ChannelPolicy(consent: .optIn, price: "3.50"), "call": ChannelPolicy(price: "60"),
      ], shopZone: .utc),
    taskChannels: ["call"])
  private static let contacts = (0..<6).map { "c\($0)" }
  private static let types = ["view", "cart", "purchase", "visit", "signup"]

  let world: Rehearsal.World
  let document: String
  let start = Story.start
  private var chance: Chance

  private let setting: WorldSetting

  init(seed: UInt64, events: Int, caps: [FrequencyCap] = []) throws {
    var setting = Self.setting
    setting.rules.caps = caps
    self.setting = setting
    chance = Chance(seed, for: "lived")
    let references = References(channels: Self.setting.rules.channels, templates: ["a", "b"])
    var maker = ChainMaker(Chance(seed, for: "chain"), references: references)
    // Lists are as they are now, and the answer says so: a chain that asks for one that chains change is none of these.
    var document = maker.document()
    while ["cold", "warm"].contains(where: { document.contains("{\"list\":\"\($0)\"}") }) {
      document = maker.document()
    }
    self.document = document
    var otherMaker = ChainMaker(Chance(seed, for: "other"), references: references)
    world = try Rehearsal.World(setting, starts: start + -3_600_000) { claim, now in
      var chance = Chance(seed, for: "answer \(claim.contactID) \(claim.step) \(claim.attempt)")
      switch chance.below(20) {
      case 0: return (.rejected(reason: "no such address"), now)
      case 1: return (.unknown(reason: "it hung up"), now + 700)
      case 2...5: return (.accepted(providerID: "p"), now + chance.between(1, 5_000))
      default: return (.accepted(providerID: "p"), now)
      }
    }
    for template in ["a", "b"] { try world.save(template: template, "{\"text\":\"Hello {{contact.id}}\"}") }
    for contact in Self.contacts { try world.put(contact, try patch(contact)) }
    try world.move(to: start)
    try world.publish("other", otherMaker.document())
    try world.publish("chain", document)
    for _ in 0..<events { try happen() }
    try world.live(until: world.now + 40 * 86_400_000)
  }

  private func patch(_ contact: String) throws -> ContactPatch {
    var object: JSONObject = [
      "email": .string(contact + "@shop.example"),
      "time_zone": .string(chance.pick(["Europe/Moscow", "Asia/Tokyo", "UTC"])),
      "attributes": ["age": .number(JSONNumber(chance.below(70))), "city": .string(chance.pick(["Kazan", "Paris"]))],
    ]
    if chance.hits(600) { object["phone"] = .string("+7916123450\(contact.suffix(1))") }
    if chance.hits(500) { object["consents"] = ["sms"] }
    return try ContactPatch(JSONDocument(parsing: JSONValue.object(object).serialized()).root)
  }

  private func happen() throws {
    try world.move(to: world.now + chance.pick([1, 60_000, 3_600_000, 20_000_000, 90_000_000]))
    let contact = chance.pick(Self.contacts)
    guard chance.hits(700) else {
      let labels = try world.db.query("SELECT DISTINCT label FROM messages WHERE sent_at IS NOT NULL") { $0.text(0) }
      guard !labels.isEmpty else { return }
      _ = try world.tell(
        chance.pick(Reaction.allCases), of: chance.pick(labels.sorted()), contact, isMachine: chance.hits(200))
      return
    }
    let properties: JSONValue = [
      "total": .number(JSONNumber(chance.below(25) * 1000)), "cart_id": .string(chance.pick(["x", "y"])),
    ]
    try world.happen(
      (0...chance.below(2)).map { _ in
        IncomingEvent(
          type: chance.pick(Self.types), keys: ContactKeys(id: contact), properties: properties.serialized())
      })
  }

  /// Rehearses what it has lived through.
  func rehearse(from: Timestamp? = nil, to: Timestamp? = nil, document other: String? = nil) throws -> RehearsalRun {
    let number = try world.db.first("SELECT number FROM chains WHERE id = 'chain'", []) { $0.int(0) }
    let wish = RehearsalWish(
      number: number ?? 0, chain: "chain", document: other ?? document, from: from ?? start, to: to ?? world.now)
    let templates = ["a", "b"].map { ($0, "{\"text\":\"Hello {{contact.id}}\"}") }
    let run = try RehearsalRun(
      wish, OpenPast(db: world.db), templates: Dictionary(uniqueKeysWithValues: templates),
      RehearsalRun.Conditions(setting: setting))
    try run.run()
    return run
  }

  /// Every message and every run of the chain, whose ids are the only thing that may differ.
  static func story(_ db: Connection, ownFrom first: Int64 = 0) throws -> [String] {
    let messages = try db.query(
      """
      SELECT m.contact, m.label, m.template, m.status, coalesce(m.error, ''), coalesce(m.sent_at, ''), m.planned_at,
        m.opened_at, m.clicked_at, m.delivered_at
      FROM messages m JOIN chains c ON c.number = m.chain WHERE c.id = 'chain' AND m.id > $1
      ORDER BY m.contact, m.planned_at, m.label, m.id
      """, [.int(first)]
    ) { "message " + $0.values.map(Self.text).joined(separator: " ") }
    let runs = try db.query(
      """
      SELECT r.contact, r.key, r.entered_at, r.state, r.step, coalesce(r.reason, ''), coalesce(r.ended_at, '')
      FROM runs r JOIN chains c ON c.number = r.chain WHERE c.id = 'chain' AND r.id > $1
      ORDER BY r.contact, r.entered_at, r.key, r.id
      """, [.int(first)]
    ) { "run " + $0.values.map(Self.text).joined(separator: " ") }
    return messages + runs
  }

  private static func text(_ value: SQLValue) -> String {
    switch value {
    case .null: "-"
    case .int(let number): String(number)
    case .real(let number): String(number)
    case .text(let text): text
    case .blob: "blob"
    }
  }
}
