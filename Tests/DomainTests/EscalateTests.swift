import Domain
import JSON
import Testing

@Suite("From the cheap channel to the dear one")
struct EscalateTests {
  private static func chain(_ more: String, _ top: String) -> String {
    #"{"enter":{"event":"cart"},"# + top
      + #"""
      "steps":[
        {"escalate":[
          {"send":"email","template":"letter","id":"letter","patience":"24h"},
          {"send":"sms","template":"text","id":"text","patience":"1d"},
          {"send":"call","template":"script","id":"call"}],"until":"seen"
      """# + more + #"},{"exit":"done"}]}"#
  }

  private func walk(_ more: String = "", _ top: String = "", reachable: Set<String> = ["email", "sms", "call"]) throws
    -> Walk
  {
    let walk = try Walk(Self.chain(more, top))
    (walk.view.reachable, walk.view.consented) = (reachable, ["email", "sms", "call"])
    walk.view.prices = ["email": "0.10", "sms": "3.50", "call": "60.00"]
    return walk
  }

  @Test("without a reaction each channel follows when patience is over, and then the chain goes on")
  func climbs() throws {
    let walk = try walk()
    try walk.enter("cart", "2026-03-02T09:00:00Z", ["total": 100_000])
    #expect(walk.planned.map(\.channel) == ["email"])
    try walk.handedOver("2026-03-02T09:00:00Z")
    #expect(walk.standing == "letter:patience")
    try walk.time("2026-03-03T09:00:00Z")
    #expect(walk.planned.map(\.channel) == ["sms"])
    try walk.handedOver("2026-03-03T09:00:00Z")
    try walk.time("2026-03-04T09:00:00Z")
    #expect(walk.planned.map(\.channel) == ["call"])
    try walk.handedOver("2026-03-04T09:00:00Z")
    #expect(walk.run.reason == "done")
  }

  @Test("what was seen is not repeated on another channel", arguments: ["opened", "visit", "goal"])
  func stopsWhenSeen(_ how: String) throws {
    let walk = try walk("", #""goal":{"did":"purchase","within":"7d"},"#)
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    try walk.handedOver("2026-03-02T09:00:00Z")
    switch how {
    case "opened": try walk.opened("letter", "2026-03-02T15:00:00Z")
    case "visit": try walk.happens("visit", "2026-03-02T15:00:00Z")
    default: try walk.happens("purchase", "2026-03-02T15:00:00Z")
    }
    #expect(walk.run.reason == "done" && walk.planned.isEmpty)
  }

  @Test("a channel that is not reachable or not consented to is passed over at once")
  func passesOver() throws {
    let walk = try walk(reachable: ["sms", "call"])
    walk.view.consented = ["email", "call"]
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    #expect(walk.planned.map(\.channel) == ["call"])
  }

  @Test("a message that never left is not waited for")
  func goesOnAfterDrop() throws {
    let walk = try walk()
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    try walk.dropped("2026-03-02T10:00:00Z")
    #expect(walk.planned.map(\.channel) == ["sms"])
  }

  @Test(
    "what costs more than the budget leaves is passed over",
    arguments: [
      (#","budget":"100.00""#, ["email", "sms", "call"]), (#","budget":"63.50""#, ["email", "sms"]),
      (#","budget":"0.10""#, ["email"]), (#","budget":"5% of trigger.total""#, ["email", "sms"]),
      (#","budget":"5% of trigger.nothing""#, []),
    ])
  func keepsBudget(_ budget: String, _ expected: [String]) throws {
    let walk = try walk(budget)
    try walk.enter("cart", "2026-03-02T09:00:00Z", ["total": "1000.00"])
    var channels: [String] = []
    for day in 2..<6 {
      channels += walk.planned.map(\.channel)
      guard walk.run.state == .active else { break }
      if !walk.planned.isEmpty { try walk.handedOver("2026-03-0\(day)T09:00:00Z") }
      guard walk.run.state == .active else { break }
      if walk.planned.isEmpty { try walk.time("2026-03-0\(day + 1)T09:00:00Z") }
    }
    #expect(channels == expected)
    #expect(walk.run.reason == "done")
  }

  @Test("a visit before the escalation is no reaction to it")
  func looksSinceItsStart() throws {
    let walk = try Walk(
      #"""
      {"enter":{"event":"cart"},"steps":[{"wait":"1d"},
        {"escalate":[{"send":"email","template":"letter","id":"letter","patience":"1d"},{"send":"sms","template":"t"}]}]}
      """#)
    (walk.view.reachable, walk.view.consented) = (["email", "sms"], ["email", "sms"])
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    try walk.happens("visit", "2026-03-02T12:00:00Z")
    try walk.time("2026-03-03T09:00:00Z")
    #expect(walk.planned.map(\.channel) == ["email"])
  }
}
