import Domain
import Testing

/// What becomes of messages when the server was down or their chain paused.
@Suite("Overdue messages")
struct OverdueTests {
  private static let hours = ["email": ChannelPolicy(hours: ClockSpan("09:00..20:00"))]

  /// Each waits an hour, during which the server goes to sleep.
  @Test(arguments: [
    ("", "after three days", "2026-03-05T12:00:00Z", ["skipped late"]),
    ("", "after twenty hours", "2026-03-03T06:00:00Z", ["sent"]),
    (#","purpose":"transactional""#, "after three days", "2026-03-05T12:00:00Z", ["sent"]),
    (#","late":{"skip_after":"2h"}"#, "after three hours", "2026-03-02T13:00:00Z", ["skipped late"]),
    (#","late":{"skip_after":"2h"}"#, "after an hour and a half", "2026-03-02T11:30:00Z", ["sent"]),
    (#","late":"skip""#, "after half an hour", "2026-03-02T10:30:00Z", ["skipped late"]),
    (#","late":"send""#, "after three days", "2026-03-05T12:00:00Z", ["sent"]),
  ])
  func `a step found overdue is sent or skipped as late says`(
    _ rule: String, _ sleep: String, _ wakes: String, _ outcome: [String]
  ) throws {
    let world = try GateWorld(channels: ["email": ChannelPolicy()])
    try world.publish("news", steps: #"{"wait":"1h"},"# + GateWorld.letter, and: rule)
    try world.happen("news")
    try world.restart(at: wakes)
    #expect(try world.messages() == outcome.map { "news " + $0 }, "\(rule) \(sleep)")
  }

  /// Planned in the night before, for nine o'clock, when the server is down.
  @Test(arguments: [
    ("", "", "2026-03-03T12:00:00Z", "news sent (hours)"),
    ("", "", "2026-03-06T12:00:00Z", "news skipped hold (hours)"),
    ("", #","hold":"7d""#, "2026-03-06T12:00:00Z", "news skipped late (hours)"),
    (#","late":"send""#, #","hold":"7d""#, "2026-03-06T12:00:00Z", "news sent (hours)"),
    (#","late":{"skip_after":"2h"}"#, "", "2026-03-03T12:00:00Z", "news skipped late (hours)"),
    (#","late":{"skip_after":"2h"}"#, "", "2026-03-03T10:59:00Z", "news sent (hours)"),
    (#","late":"skip""#, "", "2026-03-03T09:00:30Z", "news sent (hours)"),
    (#","late":"skip""#, "", "2026-03-03T09:30:00Z", "news skipped late (hours)"),
  ])
  func `a message that waited for the morning and was found overdue is judged alike`(
    _ rule: String, _ hold: String, _ wakes: String, _ outcome: String
  ) throws {
    let world = try GateWorld(channels: Self.hours, from: "2026-03-02T21:00:00Z")
    try world.publish("news", steps: #"{"send":"email","template":"a"\#(hold)}"#, and: rule)
    try world.happen("news")
    try world.restart(at: wakes)
    #expect(try world.messages() == [outcome])
    #expect(try world.findings() == [])
  }

  @Test func `a pause holds a message, and late decides when it is over`() throws {
    for (rule, outcome) in [
      (#","late":{"skip_after":"2h"}"#, "news skipped late (pause)"), (#","late":"send""#, "news sent (pause)"),
    ] {
      let world = try GateWorld(channels: Self.hours, from: "2026-03-02T21:00:00Z")
      try world.publish("news", and: rule)
      try world.happen("news")
      try world.pause("news")
      try world.time("2026-03-03T12:00:00Z")
      #expect(try world.messages() == ["news planned (pause)"])
      try world.resume("news")
      #expect(try world.messages() == [outcome])
      #expect(try world.figure("held") == 1)
    }
  }

  @Test(arguments: [("2026-03-02T09:01:45Z", true), ("2026-03-02T09:04:00Z", false)])
  func `a restart makes nothing late of what waited for its turn on a slow channel, a long sleep does`(
    _ wakes: String, _ areSent: Bool
  ) throws {
    let world = try GateWorld(channels: ["email": ChannelPolicy(perSecond: 1)])
    try world.publish("news", and: #","late":"skip""#)
    for number in 0..<130 { try world.happen("news", to: "c\(number)") }
    try world.time("2026-03-02T09:01:40Z")
    #expect((60..<120).contains(world.sent.count))
    try world.restart(at: wakes)
    try world.time("2026-03-02T09:20:00Z")
    #expect(try world.messages().contains("news skipped late") != areSent)
    #expect((world.sent.count == 130) == areSent)
  }

  @Test func `a channel's own backlog makes nothing late`() throws {
    let world = try GateWorld(channels: ["email": ChannelPolicy()])
    try world.publish("news", and: #","late":"skip""#)
    world.close("email")
    try world.happen("news")
    try world.time("2026-03-02T15:00:00Z")
    world.close("email", false)
    try world.time("2026-03-02T15:01:00Z")
    #expect(world.sent == ["02T15:00 news email"])
  }
}
