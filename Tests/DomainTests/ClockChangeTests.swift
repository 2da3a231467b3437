import Domain
import JSON
import Testing

/// (a wait that stands, another clock) → when it ends.
@Suite("A wait whose contact moves to another zone")
struct ClockChangeTests {
  struct Move: CustomTestStringConvertible {
    let testDescription: String
    let steps: String
    var from = "Europe/Moscow"
    var to = "Asia/Vladivostok"
    /// The run entered at 06:00Z.
    let before: String
    var now = "2026-03-02T06:30:00Z"
    let after: String
  }

  static let moves = [
    Move(
      testDescription: "hours stay", steps: #"[{"wait":"8h"}]"#, before: "2026-03-02T14:00:00.000Z",
      after: "2026-03-02T14:00:00.000Z"),
    Move(
      testDescription: "a clock time is the new clock's", steps: #"[{"wait_until":"10:00"}]"#,
      before: "2026-03-02T07:00:00.000Z", after: "2026-03-03T00:00:00.000Z"),
    Move(
      testDescription: "a clock time that is past there comes at once", steps: #"[{"wait_until":"10:00"}]"#,
      from: "America/New_York", to: "Europe/Moscow", before: "2026-03-02T15:00:00.000Z", now: "2026-03-02T12:00:00Z",
      after: "2026-03-02T12:00:00.000Z"),
    Move(
      testDescription: "a day is as long as it is there", steps: #"[{"wait":"30d"}]"#, to: "Europe/Paris",
      before: "2026-04-01T06:00:00.000Z", after: "2026-04-01T05:00:00.000Z"),
    Move(
      testDescription: "a limit in days, too", steps: #"[{"wait_for":{"did":"visit"},"at_most":"30d"}]"#,
      to: "Europe/Paris", before: "2026-04-01T06:00:00.000Z", after: "2026-04-01T05:00:00.000Z"),
    Move(
      testDescription: "a date is the new clock's", steps: #"[{"wait_until":{"date":"contact.trip"},"at":"10:00"}]"#,
      before: "2026-04-10T07:00:00.000Z", after: "2026-04-10T00:00:00.000Z"),
    Move(
      testDescription: "a window keeps its ends and looks for the permitted hours of the new clock",
      steps: #"[{"wait":"8h..24h"},{"send":"email","template":"a"}]"#, to: "America/New_York",
      before: "2026-03-02T14:00:00.000Z", now: "2026-03-02T06:30:00Z", after: "2026-03-02T14:00:00.000Z"),
    Move(
      testDescription: "a window that has begun goes on from now, at the permitted hours of the new clock",
      steps: #"[{"wait":"1h..24h"},{"send":"email","template":"a"}]"#, from: "America/New_York", to: "Asia/Vladivostok",
      before: "2026-03-02T14:00:00.000Z", now: "2026-03-02T09:00:00Z", after: "2026-03-02T23:00:00.000Z"),
    Move(
      testDescription: "a window in days ends by the new clock",
      steps: #"[{"wait":"30d..31d"},{"send":"email","template":"a"}]"#, to: "Europe/Paris",
      before: "2026-04-01T06:00:00.000Z", after: "2026-04-01T07:00:00.000Z"),
  ]

  @Test("ends as if he had lived there from its start, and at once if that is past", arguments: moves)
  func endsAnew(_ move: Move) throws {
    let walk = try Walk(#"{"enter":{"event":"cart"},"steps":\#(move.steps)}"#)
    walk.rules.channels["email"] = ChannelPolicy(hours: ClockSpan("09:00..17:00"))
    walk.view.zone = try #require(Zone(move.from))
    walk.view.contact = ["trip": "2026-04-10"]
    try walk.enter("cart", "2026-03-02T06:00:00Z")
    #expect(walk.run.dueAt?.rfc3339 == move.before)
    walk.view.zone = try #require(Zone(move.to))
    try walk.happens("contact.updated", move.now, ["changed": ["time_zone"]])
    #expect(walk.run.stepDueAt?.rfc3339 == move.after)
    #expect(walk.run.dueAt?.rfc3339 == move.after)
    #expect(walk.counted == (move.before == move.after ? [] : [walk.standing + " moved"]))
  }

  @Test("a wait that began anew counts from then in the new zone too")
  func movesAfterReset() throws {
    let text = #"{"enter":{"event":"cart"},"steps":[{"wait":"30d","since":"enter","reset_on":"visit"},{"exit":"x"}]}"#
    let walk = try Walk(text)
    walk.view.zone = try #require(Zone("Europe/Moscow"))
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    try walk.happens("visit", "2026-03-12T09:00:00Z")
    walk.view.zone = try #require(Zone("Europe/Paris"))
    try walk.happens("contact.updated", "2026-03-13T09:00:00Z", ["changed": ["time_zone"]])
    #expect(walk.run.dueAt?.rfc3339 == "2026-04-11T08:00:00.000Z")
  }

  @Test("what waits for an hour of the day looks again at the new clock's")
  func movesConditions() throws {
    let text = #"""
      {"enter":{"event":"cart"},"stop_when":{"local_time":"22:00..23:00"},
       "steps":[{"wait_for":{"weekday":"tue"},"at_most":"100h","then":[{"exit":"tue"}]}]}
      """#
    let walk = try Walk(text)
    walk.view.zone = try #require(Zone("Europe/Moscow"))
    try walk.enter("cart", "2026-03-02T06:00:00Z")
    #expect(walk.run.dueAt?.rfc3339 == "2026-03-02T19:00:00.000Z")
    walk.view.zone = try #require(Zone("Asia/Vladivostok"))
    try walk.happens("contact.updated", "2026-03-02T06:30:00Z", ["changed": ["attributes.city", "time_zone"]])
    #expect(walk.run.dueAt?.rfc3339 == "2026-03-02T12:00:00.000Z")
    #expect(walk.chain.clockFields == ["time_zone"])
  }

  @Test("a date that is another now ends a wait for it when it says, earlier or later, or at once")
  func movesByDate() throws {
    let walk = try Walk(
      #"{"enter":{"event":"booking"},"steps":[{"wait_until":{"date":"contact.trip"},"at":"10:00"},{"exit":"now"}]}"#)
    #expect(walk.chain.clockFields == ["time_zone", "trip"])
    walk.view.contact = ["trip": "2026-04-10"]
    try walk.enter("booking", "2026-03-02T09:00:00Z")
    for (date, due) in [("2026-05-10", "2026-05-10T10:00:00.000Z"), ("2026-03-20", "2026-03-20T10:00:00.000Z")] {
      walk.view.contact = ["trip": .string(date)]
      try walk.happens("contact.updated", "2026-03-03T09:00:00Z", ["changed": ["attributes.trip"]])
      #expect(walk.run.dueAt?.rfc3339 == due)
    }
    walk.view.contact = ["trip": "2026-03-01"]
    try walk.happens("contact.updated", "2026-03-04T09:00:00Z", ["changed": ["attributes.trip"]])
    #expect(walk.run.dueAt?.rfc3339 == "2026-03-04T09:00:00.000Z")
  }
}
