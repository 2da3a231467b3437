import Domain
import JSON
import Testing

@Suite("Branches, variants and groups of a chain")
struct BranchingTests {
  @Test(
    "`choose` takes the first case that holds, else `otherwise`, and goes on below",
    arguments: [(50, "small"), (500, "middle"), (5_000, "large")])
  func chooses(_ total: Int, _ template: String) throws {
    let walk = try Walk(
      #"""
      {"enter":{"event":"cart"},"steps":[
        {"choose":[{"when":{"trigger":{"total":{">=":1000}}},"steps":[{"send":"email","template":"large"}]},
                   {"when":{"trigger":{"total":{">=":100}}},"steps":[{"send":"email","template":"middle"}]}],
         "otherwise":[{"send":"email","template":"small"}]},
        {"exit":"below"}]}
      """#)
    try walk.enter("cart", "2026-03-02T09:00:00Z", ["total": .number(JSONNumber(Int64(total)))])
    #expect(walk.planned.map(\.template) == [template])
    try walk.handedOver("2026-03-02T09:00:01Z")
    #expect(walk.run.reason == "below")
  }

  private static let split = #"""
    {"enter":{"event":"cart"},"goal":{"did":"purchase","within":"7d"},"steps":[
      {"split":[{"name":"A","weight":30,"steps":[{"send":"email","template":"a"}]},
                {"name":"B","weight":70,"steps":[{"send":"email","template":"b"}]}],
       "id":"test","winner":{"by":"goal","after":100}}]}
    """#

  @Test("a split divides contacts by its weights, and who comes back gets the same")
  func splits() throws {
    var given: [String: Int] = [:]
    for contact in 0..<2_000 {
      let walk = try Walk(Self.split)
      walk.contact = Int64(contact)
      try walk.enter("cart", "2026-03-02T09:00:00Z")
      let template = try #require(walk.planned.first?.template)
      given[template, default: 0] += 1
      guard contact < 20 else { continue }
      let again = try Walk(Self.split)
      again.contact = Int64(contact)
      again.view.given["test"] = template == "a" ? "A" : "B"
      try again.enter("cart", "2026-04-02T09:00:00Z")
      #expect(again.planned.first?.template == template)
    }
    #expect((540...660).contains(given["a"] ?? 0), "\(given)")
  }

  @Test("once enough are counted the better variant wins, for everybody and for good")
  func decides() throws {
    let walk = try Walk(Self.split)
    walk.view.figures = ["test variant:A": 40, "test goal:A": 8, "test variant:B": 60, "test goal:B": 6]
    walk.view.given["test"] = "B"
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    #expect(walk.planned.map(\.template) == ["a"])
    let won = walk.effects.contains { if case .win("test", "A") = $0 { true } else { false } }
    #expect(won)
    walk.view.won["test"] = "A"
    walk.view.figures["test goal:B"] = 60
    try walk.enter("cart", "2026-04-02T09:00:00Z")
    #expect(walk.planned.map(\.template) == ["a"])
  }

  @Test("of variants of which none has reached the goal yet none wins")
  func waitsForGoals() throws {
    let walk = try Walk(Self.split)
    walk.view.figures = ["test variant:A": 90, "test variant:B": 90]
    walk.view.given["test"] = "B"
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    #expect(walk.planned.map(\.template) == ["b"])
  }

  @Test("who is held out opened nothing, whichever message is asked for", arguments: ["ad", "last", "any"])
  func reactsToNothing(_ choice: String) throws {
    let walk = try Walk(
      #"""
      {"enter":{"event":"cart"},"holdout":"100%","steps":[{"send":"email","template":"ad","id":"ad"},
        {"if":{"unopened":"\#(choice)"},"then":[{"exit":"cold"}],"else":[{"exit":"warm"}]}]}
      """#)
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    #expect(walk.run.reason == "cold")
  }

  @Test("before enough are counted nobody wins")
  func waitsForEnough() throws {
    let walk = try Walk(Self.split)
    walk.view.figures = ["test variant:A": 40, "test goal:A": 8, "test variant:B": 59]
    walk.view.given["test"] = "B"
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    #expect(walk.planned.map(\.template) == ["b"])
  }

  @Test("variants of a letter are divided evenly, and the most opened wins")
  func variesLetters() throws {
    let text = #"""
      {"enter":{"event":"cart"},"steps":[
        {"send":"email","template":["one","two"],"id":"letter","winner":{"by":"opened","after":10}}]}
      """#
    var given: [String: Int] = [:]
    for contact in 0..<1_000 {
      let walk = try Walk(text)
      walk.contact = Int64(contact)
      try walk.enter("cart", "2026-03-02T09:00:00Z")
      given[try #require(walk.planned.first?.template), default: 0] += 1
    }
    #expect((430...570).contains(given["one"] ?? 0), "\(given)")
    let walk = try Walk(text)
    walk.view.figures = [
      "letter variant:one": 5, "letter opened:one": 1, "letter variant:two": 5, "letter opened:two": 2,
    ]
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    #expect(walk.planned.map(\.template) == ["two"])
  }

  @Test("who is held out walks along, gets what is transactional and nothing else, and changes nothing")
  func holdsOut() throws {
    let walk = try Walk(
      #"""
      {"enter":{"event":"cart"},"holdout":"100%","steps":[
        {"send":"email","template":"ad","id":"ad"},
        {"if":{"unopened":"ad"},"then":[{"set":{"cold":true}},{"list":"remarketing","add":true}]},
        {"send":"email","template":"receipt","purpose":"transactional"}]}
      """#)
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    #expect(walk.run.isHeldOut && walk.counted.contains(" held_out") && walk.counted.contains("ad held_out"))
    #expect(walk.planned.map(\.template) == ["receipt"])
    #expect(walk.counted.contains("1 then"))
    let changes = walk.effects.contains {
      switch $0 {
      case .set, .list: true
      default: false
      }
    }
    #expect(!changes)
  }

  @Test("`trigger.at` is when the trigger happened, where the event does not say something of that name itself")
  func knowsWhen() throws {
    let text = #"{"enter":{"event":"purchase"},"steps":[{"set":{"first":{"from":"trigger.at"}}}]}"#
    let walk = try Walk(text)
    try walk.enter("purchase", "2026-03-02T09:00:00Z")
    #expect(walk.run.data["first"]?.string == "2026-03-02T09:00:00.000Z")
    let other = try Walk(text)
    try other.enter("purchase", "2026-03-02T09:00:00Z", ["at": "noon"])
    #expect(other.run.data["first"]?.string == "noon")
  }

  @Test("about the share that `holdout` says is held out, the same people each time")
  func sharesHoldout() throws {
    var held = 0
    for contact in 0..<2_000 {
      let walk = try Walk(#"{"enter":{"event":"cart"},"holdout":"10%","steps":[{"wait":"1h"}]}"#)
      walk.contact = Int64(contact)
      try walk.enter("cart", "2026-03-02T09:00:00Z")
      if walk.run.isHeldOut { held += 1 }
    }
    #expect((150...250).contains(held), "\(held)")
  }

  @Test("`at_end` is run however the run ends", arguments: ["purchase", "time"])
  func runsAtEnd(_ how: String) throws {
    let walk = try Walk(
      #"""
      {"enter":{"event":"cart"},"stop_when":{"did":"purchase"},
       "at_end":[{"list":"remarketing","add":false},
                 {"if":{"did":"purchase"},"then":[{"set":{"stage":"bought"}}],"else":[{"set":{"stage":"cold"}}]}],
       "steps":[{"list":"remarketing","add":true},{"wait":"1d"}]}
      """#)
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    if how == "purchase" {
      try walk.happens("purchase", "2026-03-02T10:00:00Z")
    } else {
      try walk.time("2026-03-03T09:00:00Z")
    }
    #expect(walk.run.state == .ended && walk.run.reason == (how == "purchase" ? "stopped" : "completed"))
    let left = walk.effects.contains { if case .list("remarketing", add: false) = $0 { true } else { false } }
    #expect(left)
    #expect(walk.run.data["stage"]?.string == (how == "purchase" ? "bought" : "cold"))
  }
}
