import Domain
import Testing

@Suite("Quiet times")
struct QuietTests {
  private static let purchase: [String: Span] = ["purchase": Span(days: 1)]

  @Test func `nothing that asks for something leaves until the quiet time after the latest such event is over`() throws
  {
    let world = try GateWorld(quietAfter: Self.purchase)
    try world.publish("news", steps: #"{"send":"email","template":"a","hold":"3d"}"#)
    try world.happen("purchase")
    try world.happen("news")
    #expect(try world.messages() == ["news planned (quiet_after purchase)"])
    try world.time("2026-03-02T15:00:00Z")
    try world.happen("purchase")
    try world.time("2026-03-05T00:00:00Z")
    #expect(world.sent == ["03T15:00 news email"])
    #expect(try world.figure("held") == 1)
  }

  @Test func `a quiet time longer than the hold drops the message and is named`() throws {
    let world = try GateWorld(quietAfter: ["purchase": Span(days: 3), "refund": Span(days: 2)])
    try world.publish("news")
    try world.happen("purchase", "refund", "news")
    try world.time("2026-03-04T00:00:00Z")
    #expect(world.sent == [])
    #expect(try world.skips() == ["hold: quiet_after purchase"])
  }

  @Test func `another contact's purchase keeps nobody quiet`() throws {
    let world = try GateWorld(quietAfter: Self.purchase)
    try world.publish("news")
    try world.happen("purchase", to: "bob")
    try world.happen("news")
    #expect(world.sent == ["02T09:00 news email"])
  }

  @Test func `the end of a quiet time in the night is the morning`() throws {
    let world = try GateWorld(
      quietAfter: ["purchase": Span(milliseconds: 13 * 3_600_000)],
      channels: ["email": ChannelPolicy(hours: ClockSpan("09:00..20:00"))], from: "2026-03-02T10:00:00Z")
    try world.publish("news")
    try world.happen("purchase", "news")
    var looks = 0
    try world.time("2026-03-03T12:00:00Z") { looks += 1 }
    #expect(world.sent == ["03T09:00 news email"])
    #expect(looks <= 2)
  }
}
