import Domain
import Engine
import JSON
import Testing

@Suite("Frequency caps")
struct CapTests {
  private static let two = FrequencyCap(channels: ["email"], limit: 2, per: Span(days: 7))
  private static let one = FrequencyCap(channels: ["email"], limit: 1, per: Span(days: 1))
  private static let night = ["email": ChannelPolicy(hours: ClockSpan("09:00..20:00"))]

  @Test func `what a cap leaves no slot for waits until the oldest message no longer counts`() throws {
    let world = try GateWorld(caps: [Self.two])
    try world.publish("news", steps: #"{"send":"email","template":"a","hold":"10d"}"#)
    try world.happen("news")
    try world.time("2026-03-03T10:00:00Z")
    try world.happen("news")
    try world.time("2026-03-04T10:00:00Z")
    try world.happen("news", "news")
    #expect(
      try world.messages().suffix(2) == ["news planned (cap email 2 per 7d)", "news planned (cap email 2 per 7d)"])
    try world.time("2026-03-20T00:00:00Z")
    #expect(world.sent == ["02T09:00 news email", "03T10:00 news email", "09T09:00 news email", "10T10:00 news email"])
    #expect(try world.figure("held") == 2)
    #expect(try world.findings() == [])
  }

  @Test func `what waits longer than its hold is dropped, and the rule that held it is named`() throws {
    let world = try GateWorld(caps: [Self.one, Self.two])
    try world.publish("news", steps: #"{"send":"email","template":"a","hold":"5h"},{"send":"sms","template":"a"}"#)
    try world.happen("news")
    try world.time("2026-03-02T12:00:00Z")
    try world.happen("news")
    try world.time("2026-03-02T18:00:00Z")
    #expect(try world.messages().contains("news skipped hold (cap email 1 per 1d)"))
    #expect(try world.skips() == ["hold: cap email 1 per 1d"])
    // The run goes on from there.
    #expect(world.sent == ["02T09:00 news email", "02T09:00 news sms", "02T17:00 news sms"])
    #expect(try world.findings() == [])
  }

  @Test func `days of a cap are the contact's calendar days, over a change of clocks too`() throws {
    let day = FrequencyCap(channels: ["email"], limit: 1, per: Span(days: 1))
    let world = try GateWorld(caps: [day], from: "2026-03-28T11:00:00Z")
    var berlin = ContactPatch()
    berlin.zone = .set(try #require(Zone("Europe/Berlin")))
    try world.put("ann", berlin)
    try world.publish("news", steps: #"{"send":"email","template":"a","hold":"2d"}"#)
    try world.happen("news", "news")
    try world.time("2026-03-30T00:00:00Z")
    // Noon to noon is 23 hours.
    #expect(world.sent == ["28T11:00 news email", "29T10:00 news email"])
  }

  @Test func `channels of one cap share its slots, others do not count`() throws {
    let world = try GateWorld(caps: [FrequencyCap(channels: ["sms", "call"], limit: 1, per: Span(days: 7))])
    for channel in ["email", "sms", "call"] {
      try world.publish(channel, steps: #"{"send":"\#(channel)","template":"a"}"#)
    }
    try world.happen("email", "email", "sms")
    try world.happen("call", "email")
    try world.time("2026-03-05T00:00:00Z")
    #expect(world.sent.filter { $0.hasSuffix("email") }.count == 3)
    #expect(try world.messages().contains("sms sent"))
    #expect(try world.messages().contains("call skipped hold (cap sms+call 1 per 7d: won by sms)"))
  }

  @Test func `each contact has slots of his own`() throws {
    let world = try GateWorld(caps: [Self.one])
    try world.publish("news")
    try world.happen("news", to: "bob")
    try world.happen("news")
    #expect(world.sent == ["02T09:00 news email bob", "02T09:00 news email"])
  }

  @Test func `transactional messages neither wait for a slot nor take one`() throws {
    let world = try GateWorld(caps: [Self.one], quietAfter: ["order": Span(days: 1)])
    try world.publish("order", and: #","purpose":"transactional""#)
    try world.publish("news")
    try world.happen("news")
    try world.happen("order", "order")
    #expect(world.sent.count == 3)
    #expect(try world.figure("held") == 0)
    try world.time("2026-03-03T09:00:00Z")
    try world.happen("news")
    #expect(world.sent.last == "03T09:00 news email")
  }

  @Test func `of messages due at once the chain of higher priority gets the slot`() throws {
    let world = try GateWorld(caps: [Self.one], channels: Self.night, from: "2026-03-01T23:00:00Z")
    try world.publish("news", and: #","priority":10"#)
    try world.publish("cart", and: #","priority":90"#)
    try world.publish("birthday", and: #","priority":90"#)
    try world.happen("news", "birthday", "cart")
    try world.time("2026-03-02T09:00:00Z")
    #expect(world.sent == ["02T09:00 birthday email"])
    #expect(
      try world.messages() == [
        "news planned (cap email 1 per 1d: won by birthday)", "birthday sent (hours)",
        "cart planned (cap email 1 per 1d: won by birthday)",
      ])
    try world.time("2026-03-04T00:00:00Z")
    // Held since the evening before, for a day.
    #expect(
      try world.skips() == [
        "hold: cap email 1 per 1d: won by birthday", "hold: cap email 1 per 1d: won by birthday",
      ])
    #expect(try world.figure("held") == 3)
  }

  @Test func `of equals the one planned earlier gets the slot`() throws {
    let world = try GateWorld(caps: [Self.one], channels: Self.night, from: "2026-03-01T22:00:00Z")
    try world.publish("news")
    try world.publish("cart")
    try world.happen("news")
    try world.time("2026-03-01T23:00:00Z")
    try world.happen("cart")
    try world.time("2026-03-02T09:00:00Z")
    #expect(world.sent == ["02T09:00 news email"])
  }

  @Test func `two slots go to the two best`() throws {
    let world = try GateWorld(caps: [Self.two], channels: Self.night, from: "2026-03-01T23:00:00Z")
    for (chain, priority) in [("low", 1), ("high", 99), ("middle", 50)] {
      try world.publish(chain, and: #","priority":\#(priority)"#)
    }
    try world.happen("low", "middle", "high")
    try world.time("2026-03-02T09:00:00Z")
    #expect(Set(world.sent) == ["02T09:00 high email", "02T09:00 middle email"])
    #expect(try world.messages().first == "low planned (cap email 2 per 7d: won by middle)")
  }

  @Test func `who could not leave anyway takes nobody's slot`() throws {
    let world = try GateWorld(caps: [Self.one], channels: Self.night, from: "2026-03-01T23:00:00Z")
    try world.publish(
      "best", steps: #"{"send":"email","template":"a","only_if":{"contact":{"city":"Kazan"}}}"#, and: #","priority":99"#
    )
    try world.publish("paused", and: #","priority":98"#)
    try world.publish("news")
    var kazan = ContactPatch()
    kazan.attributes = ["city": "Kazan"]
    try world.put("ann", kazan)
    try world.happen("news", "best", "paused")
    try world.pause("paused")
    kazan.attributes = ["city": "Paris"]
    try world.put("ann", kazan)
    try world.time("2026-03-02T09:00:00Z")
    #expect(world.sent == ["02T09:00 news email"])
  }

  @Test func `a winner whose hand-over fails leaves the slot to the next`() throws {
    let world = try GateWorld(caps: [Self.one], channels: Self.night, from: "2026-03-01T23:00:00Z")
    try world.publish("cart", and: #","priority":90"#)
    try world.publish("news")
    try world.happen("news", "cart")
    world.fails = true
    try world.time("2026-03-02T09:00:00Z")
    world.fails = false
    try world.time("2026-03-02T12:00:00Z")
    #expect(world.sent == ["02T09:15 news email"])
    #expect(try world.messages() == ["news sent (cap email 1 per 1d: won by cart)", "cart failed no (hours)"])
  }

  @Test func `a winner that waits for its channel does not make the loser spin`() throws {
    let shared = FrequencyCap(channels: ["email", "sms"], limit: 1, per: Span(days: 7))
    let world = try GateWorld(caps: [shared])
    world.close("sms")
    try world.publish("text", steps: #"{"send":"sms","template":"a"}"#, and: #","priority":90"#)
    try world.publish("news")
    try world.happen("text", "news")
    var looks = 0
    try world.time("2026-03-02T12:10:00Z") { looks += 1 }
    #expect(world.sent == [])
    #expect(looks < 20)
    world.close("sms", false)
    try world.time("2026-03-04T12:00:00Z")
    #expect(world.sent == ["02T12:10 text sms"])
  }
}
