import Delivery
import Domain
import JSON
import Rehearsal
import SQL
import Testing

@Suite("A world")
struct WorldTests {
  private static let reminder = """
    {"enter": {"event": "cart"}, "stop_when": {"did": "purchase"}, "steps": [
      {"wait": "8h"}, {"send": "email", "template": "letter", "id": "first"},
      {"wait_for": {"opened": "first"}, "at_most": "24h", "else": [
        {"send": "email", "template": "letter", "id": "second"}]}]}
    """

  @Test("everything due on the way acts at its own moment")
  func jumps() throws {
    let story = try Story(Self.reminder)
    try story.happen("cart")
    try story.world.live(until: story.moment("30d"))
    #expect(story.sent == ["480m first ann", "1920m second ann"])
    #expect(story.world.now == story.moment("30d"))
  }

  @Test("an event at the moment of a timer comes before it")
  func eventFirst() throws {
    let story = try Story(Self.reminder)
    try story.happen("cart")
    try story.world.move(to: story.moment("8h"))
    try story.happen("purchase")
    try story.world.live(until: story.moment("9h"))
    #expect(story.sent == [])
  }

  @Test("what became of a message moves the run, and nothing can become of one that was not sent")
  func tells() throws {
    let story = try Story(Self.reminder)
    try story.happen("cart")
    try story.world.move(to: story.moment("7h"))
    #expect(try !story.world.tell(.opened, of: "first", "ann"))
    try story.world.move(to: story.moment("9h"))
    #expect(try story.world.tell(.opened, of: "first", "ann", isMachine: true))
    try story.world.move(to: story.moment("10h"))
    #expect(try story.world.tell(.opened, of: "first", "ann"))
    try story.world.live(until: story.moment("7d"))
    #expect(story.sent == ["480m first ann"])
  }

  @Test("a call is a task, and answering it completes it")
  func answersCalls() throws {
    let story = try Story(
      """
      {"enter": {"event": "cart"}, "steps": [{"send": "call", "template": "letter", "id": "call"},
        {"wait_for": {"answered": "call"}, "at_most": "1d", "then": [{"send": "email", "template": "letter"}]}]}
      """)
    try story.happen("cart")
    try story.world.move(to: story.moment("1h"))
    #expect(try story.world.tell(.answered, of: "call", "ann"))
    try story.world.live(until: story.moment("2d"))
    #expect(story.sent == ["0m call ann", "60m 1.then.0 ann"])
    let tasks = try story.world.db.query("SELECT status FROM tasks") { $0.text(0) }
    #expect(tasks == ["done"])
  }

  @Test("a letter whose template lacks a value is not sent")
  func renders() throws {
    let story = try Story(
      "{\"enter\": {\"event\": \"cart\"}, \"reenter\": \"always\", \"steps\": [{\"send\": \"email\", \"template\": \"strict\"}]}",
      templates: ["strict": "{\"text\":\"{{trigger.total}}\"}"])
    try story.happen("cart")
    try story.happen("cart", ["total": 5])
    try story.world.live(until: story.moment("1h"))
    let ends = try story.world.db.query("SELECT status || coalesce(' ' || error, '') FROM messages") { $0.text(0) }
    #expect(ends == ["failed missing_value", "sent"])
  }

  @Test("an answer may come later, and the run stands until then")
  func answersLater() throws {
    let story = try Story(
      """
      {"enter": {"event": "cart"}, "steps": [{"send": "email", "template": "letter", "id": "first"}, {"wait": "1h"},
        {"send": "email", "template": "letter", "id": "second"}]}
      """
    ) { claim, now in (.accepted(providerID: "p"), claim.step == "first" ? now + 1_800_000 : now) }
    try story.happen("cart")
    try story.world.live(until: story.moment("1d"))
    #expect(story.sent == ["30m first ann", "90m second ann"])
  }

  @Test("chains that lead to each other without end are stopped with a sentence")
  func bounded() throws {
    var setting = Story.setting
    setting.limits.events = 50
    let story = try Story(Self.reminder, setting: setting)
    #expect(throws: WorldError.self) {
      for _ in 0..<60 {
        try story.happen("cart")
        try story.world.settle()
      }
    }
    let error = #expect(throws: WorldError.self) { try story.world.live(until: story.moment("1d")) }
    #expect(error?.description.hasPrefix("expected at most 50 events, got more by 2026-03-02T09:00") == true)
  }

  @Test("it ends when somebody says so")
  func ends() throws {
    let world = try World(Story.setting, starts: Story.start, isOver: { true })
    #expect(throws: WorldError.self) { try world.settle() }
  }

  @Test("what a server would not publish is refused with every reason")
  func refuses() throws {
    let story = try Story(Self.reminder)
    let refusal = #expect(throws: Refusal.self) {
      try story.world.publish(
        "other", "{\"enter\": {\"event\": \"cart\"}, \"steps\": [{\"send\": \"fax\", \"template\": \"leter\"}]}")
    }
    #expect(refusal?.issues.map(\.pointer) == ["/steps/0/send", "/steps/0/template"])
    #expect(refusal?.issues.last?.hint == "did you mean `letter`?")
  }
}
