import Domain
import Engine
import Ingest
import JSON
import Rehearsal
import Testing

/// A world with one letter, told in durations from its start.
final class Story {
  static let start = Timestamp(milliseconds: 1_772_442_000_000)  // 2026-03-02T09:00:00Z, a Monday

  static let setting = WorldSetting(
    rules: Rules(
      channels: ["email": ChannelPolicy(), "sms": ChannelPolicy(consent: .optIn), "call": ChannelPolicy()],
      shopZone: .utc),
    taskChannels: ["call"])

  let world: World

  init(
    _ chain: String, templates: [String: String] = [:], setting: WorldSetting = setting,
    answers: @escaping WorldDispatch.Answers = WorldDispatch.accepts
  ) throws {
    world = try World(setting, starts: Self.start, answers: answers)
    try world.save(template: "letter", "{\"text\":\"Hello\"}")
    for (id, document) in templates { try world.save(template: id, document) }
    try put("ann", "{\"email\":\"ann@shop.example\",\"phone\":\"+79161234567\"}")
    try world.settle()
    try world.publish("chain", chain)
  }

  func put(_ id: String, _ patch: String) throws {
    try world.put(id, try ContactPatch(JSONDocument(parsing: Array(patch.utf8)).root))
  }

  func happen(_ type: String, _ properties: JSONValue = .object([:]), contact: String = "ann") throws {
    try world.happen([
      IncomingEvent(type: type, keys: ContactKeys(id: contact), properties: properties.serialized())
    ])
  }

  func moment(_ after: String) -> Timestamp {
    (Span(after) ?? Span()).after(Self.start, in: .utc)
  }

  /// `8h letter`
  var sent: [String] {
    world.sent.map { "\(($0.at - Self.start) / 60_000)m \($0.step) \($0.contact)" }
  }
}
