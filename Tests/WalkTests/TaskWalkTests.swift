import JSON
import Testing

/// An operator's call in a chain: a task is made, claimed and completed, and its outcome is an event like any other.
@Suite("A call waits for an operator")
struct TaskWalkTests {
  private let shop: Shop

  init() throws {
    shop = try Shop()
    try shop.ann()
    try shop.template("script", ["subject": "Call {{contact.first_name}}", "text": "Ask about {{trigger.total}}"])
    try shop.template("thanks", ["subject": "Thanks", "text": "Good to hear you"])
    try shop.publish(
      "call",
      [
        "enter": ["event": "cart"],
        "steps": [
          ["send": "call", "template": "script", "queue": "sales", "deadline": "2d", "id": "call"],
          [
            "wait_for": ["did": "call.answered"], "at_most": "3d",
            "then": [["send": "email", "template": "thanks", "id": "thanks"]], "else": [["exit": "silent"]],
          ],
        ],
      ])
    try shop.event("cart", ["total": 9000])
    try shop.settle()
  }

  private func tasks(_ query: String = "?queue=sales&status=open") throws -> [JSONValue] {
    try shop.ask("GET", "/v1/tasks\(query)")["items"]?.array ?? []
  }

  private func id(_ task: JSONValue) throws -> String {
    try #require(task["id"]?.string ?? task["id"]?.number?.text)
  }

  @Test("a completed task moves the run on")
  func completed() throws {
    let task = try #require(try tasks().first)
    #expect(task["text"]?.string == "Ask about 9000")
    let id = try id(task)
    try shop.ask("POST", "/v1/tasks/\(id)/claim", ["operator": "olga", "minutes": 15])
    #expect(try shop.call("POST", "/v1/tasks/\(id)/claim", ["operator": "petr", "minutes": 15]).status == 409)
    try shop.ask("POST", "/v1/tasks/\(id)/complete", ["outcome": "answered", "note": "will think"])
    try shop.settle()
    #expect(try shop.mail.letters().map(\.subject) == ["Thanks"])
    #expect(try tasks().isEmpty)
  }

  @Test("a task nobody takes expires, and the run goes on without it")
  func expired() throws {
    #expect(try tasks().count == 1)
    try shop.advance("4d")
    #expect(try tasks().isEmpty)
    #expect(try tasks("?queue=sales&status=expired").count == 1)
    #expect(try shop.mail.letters().isEmpty)
  }
}
