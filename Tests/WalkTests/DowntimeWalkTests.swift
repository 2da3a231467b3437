import JSON
import Testing

/// The server was down while steps fell due.
@Suite("After a downtime")
struct DowntimeWalkTests {
  private let shop: Shop

  init() throws {
    shop = try Shop()
    try shop.ann()
    try shop.template("hello", ["subject": "Hello", "text": "Hello"])
    try shop.publish(
      "hello",
      [
        "enter": ["event": "signup"], "late": ["skip_after": "1d"],
        "steps": [["wait": "1h"], ["send": "email", "template": "hello", "id": "hello"]],
      ])
    try shop.event("signup")
    try shop.settle()
    #expect(shop.close() == 0)
  }

  @Test("a step overdue by less than `late` allows acts at once")
  func little() throws {
    try shop.open(clock: "2026-03-02T15:00:00Z")
    try shop.settle()
    #expect(try shop.mail.letters().count == 1)
  }

  @Test("a step overdue by more is skipped, and counted so")
  func much() throws {
    try shop.open(clock: "2026-03-05T09:00:00Z")
    try shop.advance("1d")
    #expect(try shop.mail.letters().isEmpty)
    let text = try shop.call("GET", "/metrics").text
    let skipped = text.split(separator: "\n").filter { $0.contains("chain=\"hello\"") && $0.contains("skip") }
    #expect(skipped.contains { $0.hasSuffix(" 1") }, "\(text.split(separator: "\n").filter { $0.contains("hello") })")
  }

  @Test("the clock answers where it stands, and never goes back")
  func clock() throws {
    try shop.open()
    #expect(try shop.ask("POST", "/v1/test-clock", ["advance": "90m"])["now"]?.string == "2026-03-02T10:30:00.000Z")
    let back = try shop.call("POST", "/v1/test-clock", ["to": "2026-03-02T10:00:00Z"])
    #expect(back.status == 422)
    #expect(back.json["errors"]?.array?.first?["pointer"]?.string == "/to")
    #expect(
      try shop.ask("POST", "/v1/test-clock", ["to": "2026-03-02T10:30:00Z"])["now"]?.string?.hasPrefix(
        "2026-03-02T10:30") == true)
  }
}
