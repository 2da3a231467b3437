import Domain
import JSON
import Testing

@Suite("The step function")
struct StepFunctionTests {
  @Test("a fixed wait ends at its moment and not before")
  func waits() throws {
    let walk = try Walk(#"{"enter":{"event":"cart"},"steps":[{"wait":"8h"},{"send":"email","template":"a"}]}"#)
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    #expect(walk.run.dueAt?.rfc3339 == "2026-03-02T17:00:00.000Z")
    try walk.time("2026-03-02T16:59:59.999Z")
    #expect(walk.run.step == 0 && walk.planned.isEmpty)
    try walk.time("2026-03-02T17:00:00Z")
    #expect(walk.planned.map(\.template) == ["a"])
    #expect(walk.run.step == 1 && walk.run.dueAt == nil)
  }

  @Test("a run stands at a send until it is handed over, and later waits count from then")
  func standsAtSend() throws {
    let walk = try Walk(
      #"{"enter":{"event":"cart"},"steps":[{"send":"email","template":"a"},{"wait":"1h"},{"exit":"x"}]}"#)
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    try walk.time("2026-03-02T12:00:00Z")
    #expect(walk.run.step == 0)
    try walk.handedOver("2026-03-02T12:30:00Z")
    #expect(walk.run.dueAt?.rfc3339 == "2026-03-02T13:30:00.000Z")
    try walk.time("2026-03-02T13:30:00Z")
    #expect(walk.run.state == .ended && walk.run.reason == "x")
  }

  @Test("`stop_when` ends the run in the middle of a wait and takes back what was planned")
  func stops() throws {
    let walk = try Walk(
      #"{"enter":{"event":"cart"},"stop_when":{"did":"purchase"},"steps":[{"wait":"8h"},{"send":"email","template":"a"}]}"#
    )
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    try walk.happens("purchase", "2026-03-02T10:00:00Z")
    #expect(walk.run.state == .ended && walk.run.reason == "stopped")
    try walk.enter("cart", "2026-03-05T09:00:00Z")
    try walk.time("2026-03-05T17:00:00Z")
    try walk.happens("purchase", "2026-03-05T17:30:00Z")
    #expect(walk.effects.contains { if case .withdraw = $0 { true } else { false } })
  }

  @Test("a new trigger that makes `stop_when` true ends the run at once")
  func stopsByNewTrigger() throws {
    let walk = try Walk(
      #"""
      {"enter":{"event":"cart"},"stop_when":{"trigger":{"total":{"<":100}}},
       "steps":[{"wait":"24h","reset_on":"cart"},{"exit":"late"}]}
      """#)
    try walk.enter("cart", "2026-03-02T09:00:00Z", ["total": 4000])
    try walk.happens("cart", "2026-03-02T12:00:00Z", ["total": 0])
    #expect(walk.run.reason == "stopped")
  }

  @Test("a date that was put off while a run waits for it is waited for anew")
  func waitsForMovedDate() throws {
    let walk = try Walk(
      #"{"enter":{"event":"booking"},"steps":[{"wait_until":{"date":"contact.trip","offset":"-3d"},"at":"10:00"},{"exit":"now"}]}"#
    )
    walk.view.contact = ["trip": "2026-04-10"]
    try walk.enter("booking", "2026-03-02T09:00:00Z")
    #expect(walk.run.dueAt?.rfc3339 == "2026-04-07T10:00:00.000Z")
    walk.view.contact = ["trip": "2026-05-10"]
    try walk.time("2026-04-07T10:00:00Z")
    #expect(walk.run.state == .active && walk.run.dueAt?.rfc3339 == "2026-05-07T10:00:00.000Z")
    try walk.time("2026-05-07T10:00:00Z")
    #expect(walk.run.reason == "now")
  }

  @Test("what a condition compares with wakes a run too")
  func wakesByOperands() throws {
    let text = #"""
      {"enter":{"event":"signup"},"stop_when":{"trigger":{"total":{"<":{"from":"latest.cart.total"}}}},
       "steps":[{"wait_for":{"contact":{"budget":{">=":{"from":"latest.view.price"}}}},"at_most":"1d"}]}
      """#
    let chain = try Walk(text).chain
    #expect(chain.wakingTypes.isSuperset(of: ["cart", "view", "contact.updated"]))
  }

  @Test("a purchase before the trigger event does not stop the run, one in the same millisecond after it does")
  func countsStrictlyAfterTrigger() throws {
    let walk = try Walk(
      #"{"enter":{"event":"cart"},"stop_when":{"did":"purchase"},"steps":[{"wait":"8h"}]}"#)
    walk.view.past.append(try walk.fact("purchase", "2026-03-02T09:00:00Z"))
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    #expect(walk.run.state == .active)
    try walk.happens("purchase", "2026-03-02T09:00:00Z")
    #expect(walk.run.state == .ended)
  }

  @Test("`reset_on` begins the wait anew and an event of the entering type with the same key becomes the trigger")
  func resets() throws {
    let text = #"{"enter":{"event":"cart"},"per":"cart_id","steps":[{"wait":"8h","reset_on":"cart"},{"exit":"x"}]}"#
    let walk = try Walk(text)
    try walk.enter("cart", "2026-03-02T09:00:00Z", ["cart_id": "c1", "total": 1])
    try walk.happens("cart", "2026-03-02T10:00:00Z", ["cart_id": "c2", "total": 2])
    #expect(walk.run.dueAt?.rfc3339 == "2026-03-02T17:00:00.000Z")
    try walk.happens("cart", "2026-03-02T12:00:00Z", ["cart_id": "c1", "total": 3])
    #expect(walk.run.dueAt?.rfc3339 == "2026-03-02T20:00:00.000Z")
    #expect(walk.run.triggerSeq == 3)
  }

  @Test("an event that becomes the trigger is the contact's own, whoever's the first one was")
  func resetsActor() throws {
    let text = #"""
      {"enter":{"event":"cart","enroll":{"relation":"spouse"}},
       "steps":[{"wait":"8h","reset_on":["cart","visit"]},{"if":{"of":"trigger","is":{"contact":{"city":"Tula"}}},
         "then":[{"exit":"his"}]}]}
      """#
    let walk = try Walk(text)
    let other = ScriptedView()
    (other.contact, walk.view.contact) = (["city": "Tula"], ["city": "Kazan"])
    walk.view.other = other
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    walk.run.actor = 9
    try walk.happens("visit", "2026-03-02T09:30:00Z")
    #expect(walk.run.actor == 9)
    try walk.happens("cart", "2026-03-02T10:00:00Z")
    #expect(walk.run.actor == nil)
  }

  @Test("of one who is gone nothing is true, and nothing is asked of the contact in his place")
  func asksNobody() throws {
    let text = #"""
      {"enter":{"event":"cart","enroll":{"relation":"spouse"}},
       "steps":[{"choose":[{"when":{"of":"trigger","is":{"contact":{"city":"Tula"}}},"steps":[{"exit":"a"}]},
                           {"when":{"of":"trigger","is":{"not":{"contact":{"city":"Tula"}}}},"steps":[{"exit":"b"}]}],
                 "otherwise":[{"exit":"nobody"}]}]}
      """#
    for (isGone, reason) in [(false, "a"), (true, "nobody")] {
      let walk = try Walk(text)
      walk.view.contact = ["city": "Tula"]
      walk.view.actorIsGone = isGone
      try walk.enter("cart", "2026-03-02T09:00:00Z")
      #expect(walk.run.reason == reason)
    }
  }

  @Test("a list that a step has put the contact on, or off, is asked right after it as it is then")
  func knowsOwnLists() throws {
    for (add, reason) in [("true", "on"), ("false", "off")] {
      let walk = try Walk(
        #"""
        {"enter":{"event":"cart"},"steps":[{"list":"seen","add":\#(add)},
          {"if":{"list":"seen"},"then":[{"exit":"on"}],"else":[{"exit":"off"}]}]}
        """#)
      walk.view.lists = add == "true" ? [] : ["seen"]
      try walk.enter("cart", "2026-03-02T09:00:00Z")
      #expect(walk.run.reason == reason)
    }
  }

  @Test("`reset_on` begins a wait anew that counts from entry, too")
  func resetsWaitSinceEntry() throws {
    let text = #"{"enter":{"event":"cart"},"steps":[{"wait":"30d","since":"enter","reset_on":"visit"},{"exit":"x"}]}"#
    let walk = try Walk(text)
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    try walk.happens("visit", "2026-03-12T09:00:00Z")
    #expect(walk.run.dueAt?.rfc3339 == "2026-04-11T09:00:00.000Z")
  }

  struct Way: CustomTestStringConvertible {
    let testDescription: String
    let steps: String
    /// The window is from 02:00 to 23:00; letters leave from 09:00 to 12:00, texts from 11:00 to 20:00.
    let due: String
  }

  static let ways = [
    Way(
      testDescription: "a branch that follows",
      steps: #"{"if":{"list":"x"},"then":[{"set":{"a":1}}]},{"send":"sms","template":"b"}"#,
      due: "11:00"),
    Way(
      testDescription: "one that ends without a message leaves the other's",
      steps:
        #"{"if":{"list":"x"},"then":[{"exit":"y"}],"else":[{"send":"sms","template":"b"}]},{"send":"email","template":"a"}"#,
      due: "11:00"),
    Way(
      testDescription: "of both branches' messages the hours that suit both",
      steps: #"{"if":{"list":"x"},"then":[{"send":"email","template":"a"}],"else":[{"send":"sms","template":"b"}]}"#,
      due: "11:00"),
    Way(
      testDescription: "where none suit both, those of the first",
      steps: #"{"if":{"list":"x"},"then":[{"send":"call","template":"c"}],"else":[{"send":"email","template":"a"}]}"#,
      due: "14:00"),
    Way(
      testDescription: "what needs no hours leaves those of the other",
      steps: #"{"if":{"list":"x"},"then":[{"send":"push","template":"c"}],"else":[{"send":"email","template":"a"}]}"#,
      due: "09:00"),
    Way(testDescription: "no message", steps: #"{"wait":"1h"}"#, due: "02:00"),
  ]

  @Test("a window looks at the hours of the message that is next on the run's own way", arguments: ways)
  func looksAhead(_ way: Way) throws {
    let other =
      #"{"if":{"list":"no"},"then":[{"wait":"2h..23h"}],"else":[{"send":"email","template":"a"},{"exit":"z"}]}"#
    let walk = try Walk(#"{"enter":{"event":"cart"},"steps":[\#(other),\#(way.steps)]}"#)
    walk.view.lists = ["no"]
    walk.rules.channels["email"] = ChannelPolicy(hours: ClockSpan("09:00..12:00"))
    walk.rules.channels["sms"] = ChannelPolicy(hours: ClockSpan("11:00..20:00"))
    walk.rules.channels["call"] = ChannelPolicy(hours: ClockSpan("14:00..16:00"))
    try walk.enter("cart", "2026-03-02T00:00:00Z")
    #expect(walk.run.stepDueAt?.rfc3339 == "2026-03-02T\(way.due):00.000Z")
  }

  @Test("what falls due at the last minute of the allowed hours may still leave")
  func includesLastMinute() throws {
    let walk = try Walk(#"{"enter":{"event":"cart"},"steps":[{"wait":"8h..24h"},{"send":"email","template":"a"}]}"#)
    walk.view.zone = try #require(Zone("Europe/Moscow"))
    walk.rules.channels["email"] = ChannelPolicy(hours: ClockSpan("09:00..20:00"))
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    #expect(walk.run.dueAt?.rfc3339 == "2026-03-02T17:00:00.000Z")
  }

  @Test("a range goes on at the first moment inside it that the next message's hours permit")
  func findsPermittedMoment() throws {
    let walk = try Walk(#"{"enter":{"event":"cart"},"steps":[{"wait":"8h..24h"},{"send":"email","template":"a"}]}"#)
    walk.rules.channels["email"] = ChannelPolicy(hours: ClockSpan("09:00..20:00"))
    try walk.enter("cart", "2026-03-02T14:00:00Z")
    #expect(walk.run.dueAt?.rfc3339 == "2026-03-03T09:00:00.000Z")
  }

  @Test("a range goes on in the contact's best hour when enough is known of him")
  func findsBestHour() throws {
    let walk = try Walk(#"{"enter":{"event":"cart"},"steps":[{"wait":"8h..24h"},{"send":"email","template":"a"}]}"#)
    walk.rules.channels["email"] = ChannelPolicy(hours: ClockSpan("09:00..20:00"))
    var hours = Array(repeating: 1, count: 24)
    (hours[3], hours[11]) = (50, 20)
    walk.view.hours = hours
    try walk.enter("cart", "2026-03-02T14:00:00Z")
    let due = try #require(walk.run.dueAt)
    #expect(walk.view.zone.local(due).hour == 11 && due.rfc3339.hasPrefix("2026-03-03"))
  }

  @Test("`wait_for` takes `then` on the event and `else` at the end; at the same instant the event came first")
  func waitsFor() throws {
    let text = """
      {"enter":{"event":"cart"},"steps":[
        {"wait_for":{"did":"view"},"at_most":"24h","then":[{"exit":"viewed"}],"else":[{"exit":"silent"}]}]}
      """
    let viewed = try Walk(text)
    try viewed.enter("cart", "2026-03-02T09:00:00Z")
    try viewed.happens("view", "2026-03-03T09:00:00Z")
    #expect(viewed.run.reason == "viewed")
    let silent = try Walk(text)
    try silent.enter("cart", "2026-03-02T09:00:00Z")
    try silent.time("2026-03-03T09:00:00Z")
    #expect(silent.run.reason == "silent")
    try silent.happens("view", "2026-03-03T09:00:00Z")
    #expect(silent.run.reason == "silent")
  }

  @Test("what `set` wrote counts for the `if` after it, and what there is nothing to set to stays")
  func setsBeforeAsking() throws {
    let steps = """
      [{"set":{"stage":"warm","city":{"from":"trigger.city"}}},
       {"if":{"contact":{"stage":"warm","city":"Kazan"}},"then":[{"exit":"yes"}],"else":[{"exit":"no"}]}]
      """
    let walk = try Walk(#"{"enter":{"event":"cart"},"steps":\#(steps)}"#)
    walk.view.contact = ["stage": "cold", "city": "Kazan"]
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    #expect(walk.run.reason == "yes")
  }

  @Test("an event from before entry resets nothing, an older one does not become the trigger")
  func ignoresOldResets() throws {
    let walk = try Walk(#"{"enter":{"event":"cart"},"steps":[{"wait":"8h","reset_on":"cart"},{"exit":"x"}]}"#)
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    try walk.happens("cart", "2026-03-02T04:00:00Z")
    #expect(walk.run.triggerSeq == 1 && walk.run.dueAt?.rfc3339 == "2026-03-02T17:00:00.000Z")
  }

  @Test("a step found overdue is skipped after a day for marketing, sent for what is transactional")
  func skipsLate() throws {
    let day: Int64 = 86_400_000
    let text =
      #"{"enter":{"event":"cart"},"purpose":"PURPOSE","steps":[{"wait":"8h"},{"send":"email","template":"a"}]}"#
    for (purpose, expected) in [("marketing", "late"), ("transactional", nil)] as [(String, String?)] {
      let walk = try Walk(text.replacing("PURPOSE", with: purpose))
      try walk.enter("cart", "2026-03-02T09:00:00Z")
      try walk.time("2026-03-02T17:00:00Z", lateness: 3 * day)
      #expect(walk.planned.map(\.skip) == [expected])
    }
  }

  @Test("`set` keeps values for templates and for the contact, `{\"from\"}` reads the trigger through a list")
  func sets() throws {
    let walk = try Walk(
      #"{"enter":{"event":"cart"},"steps":[{"set":{"stage":"warm","sku":{"from":"trigger.items.sku"}}},{"wait":"1h"}]}"#
    )
    try walk.enter("cart", "2026-03-02T09:00:00Z", ["items": [["sku": "a1"], ["sku": "b2"]]])
    #expect(walk.run.data["stage"] == "warm" && walk.run.data["sku"] == "a1")
  }

  @Test("a condition with a window says when time alone will change it")
  func knowsWhenItChanges() throws {
    let walk = try Walk(#"{"enter":{"event":"cart"},"steps":[{"wait":"1h"}]}"#)
    walk.view.past = [
      try walk.fact("view", "2026-03-01T10:00:00Z"), try walk.fact("view", "2026-03-02T08:00:00Z"),
    ]
    let parsed = ChainParser.parse(
      try JSONDocument(
        parsing: Array(
          #"{"enter":{"event":"x"},"only_if":{"did":"view","times":{">=":2},"within":"2d"},"steps":[{"wait":"1h"}]}"#
            .utf8
        )))
    let condition = try #require(parsed.chain?.onlyIf)
    let now = try walk.moment("2026-03-02T09:00:00Z")
    let trigger = try walk.fact("x", "2026-03-02T09:00:00Z")
    let scope = RunScope(entering: trigger)
    let truth = try Evaluator(view: walk.view, run: scope, now: now).evaluate(condition)
    #expect(truth.holds)
    #expect(truth.until?.rfc3339 == "2026-03-03T10:00:00.000Z")
    let later = try #require(truth.until)
    #expect(try !Evaluator(view: walk.view, run: scope, now: later).evaluate(condition).holds)
  }

  @Test("`wait_until` finds the next such local time, today's if it is still to come")
  func waitsUntil() throws {
    let walk = try Walk(
      #"{"enter":{"event":"cart"},"steps":[{"wait_until":"10:00","on":["mon"]},{"exit":"x"}]}"#)
    walk.view.zone = try #require(Zone("Europe/Moscow"))
    try walk.enter("cart", "2026-03-02T06:59:00Z")
    #expect(walk.run.dueAt?.rfc3339 == "2026-03-02T07:00:00.000Z")
    try walk.enter("cart", "2026-03-02T07:00:01Z")
    #expect(walk.run.dueAt?.rfc3339 == "2026-03-09T07:00:00.000Z")
  }

  @Test("an event that comes before the look a resume asks for does not take that look away")
  func keepsLooks() throws {
    let walk = try Walk(
      #"""
      {"enter":{"event":"cart"},"stop_when":{"did":"purchase"},
       "steps":[{"send":"email","template":"a"},{"send":"email","template":"b"}]}
      """#)
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    // The end of its message went by while the chain was paused.
    walk.view.states = [MessageState(step: 0, isOver: true, sentAt: try walk.moment("2026-03-02T09:00:01Z"))]
    try walk.isLookedAt("2026-03-02T12:00:00Z")
    try walk.happens("view", "2026-03-02T12:00:00Z")
    #expect(walk.run.dueAt?.rfc3339 == "2026-03-02T12:00:00.000Z")
    try walk.time("2026-03-02T12:00:00Z")
    #expect(walk.planned.map(\.template) == ["b"])
    #expect(walk.run.dueAt == nil)
  }
}
