import Domain
import Engine
import Seeds
import Testing

/// Random weeks of three shoppers and four chains under two caps and a quiet time.
@Suite("Random caps")
struct RandomCapTests {
  private static let caps = [
    FrequencyCap(channels: ["email"], limit: 2, per: Span(days: 2)),
    FrequencyCap(channels: ["sms", "call"], limit: 1, per: Span(milliseconds: 20 * 3_600_000)),
  ]
  private static let quiet: [String: Span] = ["purchase": Span(milliseconds: 6 * 3_600_000)]
  private static let day: Int64 = 86_400_000

  private static func live(_ seed: UInt64, restarts: Bool) throws -> GateWorld {
    var chance = Seeded(seed)
    let world = try GateWorld(
      caps: caps, quietAfter: quiet,
      channels: [
        "email": ChannelPolicy(hours: ClockSpan("09:00..20:00")), "sms": ChannelPolicy(),
        "call": ChannelPolicy(hours: ClockSpan("10:00..18:00")),
      ])
    let send = #"{"send":"email","template":"a","hold":"3d"}"#
    try world.publish("news", steps: send + #",{"wait":"5h"},"# + send)
    try world.publish("cart", steps: send + #",{"send":"sms","template":"a"}"#, and: #","priority":80"#)
    try world.publish("vip", steps: #"{"send":"call","template":"a","hold":"2d"},"# + send, and: #","priority":90"#)
    try world.publish("order", and: #","purpose":"transactional""#)
    var moment = try #require(Timestamp(rfc3339: GateWorld.start))
    for _ in 0..<60 {
      moment = moment + Int64.random(in: 1...Self.day / 4, using: &chance)
      try world.time(moment.rfc3339)
      let type = ["news", "cart", "vip", "order", "purchase", "news", "cart"].randomElement(using: &chance) ?? ""
      let contact = ["ann", "bob", "cid"].randomElement(using: &chance) ?? ""
      try world.happen(type, to: contact)
      if restarts { try world.restart() }
    }
    try world.time((moment + 12 * Self.day).rfc3339)
    return world
  }

  @Test(arguments: [1, 2, 3])
  func `in no window is more than the limit handed over, and every message comes to an end`(_ seed: UInt64) throws {
    let world = try Self.live(seed, restarts: false)
    let marketing = world.handOvers.filter { $0.chain != "order" }
    #expect(marketing.count > 15)
    for (contact, all) in Dictionary(grouping: marketing, by: \.contact) {
      for cap in Self.caps {
        let counted = all.filter { cap.channels.contains($0.channel) }
        for (index, first) in counted.enumerated() {
          let end = cap.per.after(first.at, in: .utc)
          let inside = counted[index...].prefix { $0.at < end }
          #expect(inside.count <= cap.limit, "\(contact): \(inside.map(\.text))")
        }
      }
    }
    #expect(try world.messages().allSatisfy { !$0.contains("planned") && !$0.contains("sending") })
    #expect(try world.figure("held") > 5)
    #expect(try world.findings() == [])
  }

  @Test func `a restart at any moment changes nothing`() throws {
    let (steady, restarted) = (try Self.live(7, restarts: false), try Self.live(7, restarts: true))
    #expect(steady.sent == restarted.sent)
    #expect(try steady.messages() == restarted.messages())
  }
}
