import Foundation
import JSON
import Testing

/// `kill -9` in the middle, and a start after it.
@Suite("After a crash")
struct CrashWalkTests {
  private static func prepare(_ shop: Shop) throws {
    try shop.template("hello", ["subject": "Hello {{trigger.n}}", "text": "Hello {{contact.email}}"])
    try shop.publish(
      "hello",
      [
        "enter": ["event": "signup"], "per": "n", "reenter": "always",
        "steps": [["send": "email", "template": "hello", "id": "hello"]],
      ])
  }

  @Test("a wait goes on after a crash, and its letter leaves once")
  func wait() throws {
    let shop = try Shop()
    try shop.ann()
    try shop.template("hello", ["subject": "Hello", "text": "Hello"])
    try shop.publish(
      "hello", ["enter": ["event": "signup"], "steps": [["wait": "2h"], ["send": "email", "template": "hello"]]])
    try shop.event("signup")
    try shop.advance("1h")
    shop.killHard()
    try shop.open()
    #expect(try shop.mail.letters().isEmpty)
    try shop.advance("1h")
    #expect(try shop.mail.letters().count == 1)
    shop.killHard()
    try shop.open()
    try shop.advance("2d")
    #expect(try shop.mail.letters().count == 1)
  }

  @Test("a crash while the mail server has the letter leaves it unknown and sends it no second time")
  func unknown() throws {
    let shop = try Shop(clock: nil, mail: ["--at", "END=hang"])
    try shop.ann()
    try Self.prepare(shop)
    try shop.event("signup", ["n": "1"])
    try eventually("the letter is in the mail server's hands") {
      try shop.messages().first?["status"]?.string == "sending"
    }
    shop.killHard()
    try shop.replaceMail()
    try shop.open()
    try eventually("the message is reported as unknown") {
      try shop.messages().first?["status"]?.string == "unknown"
    }
    try shop.event("signup", ["n": "2"])
    try eventually("the next letter leaves") { try shop.mail.letters().count == 1 }
    #expect(try shop.mail.letters().first?.subject == "Hello 2")
    let id = try #require(try shop.messages("&status=unknown").first?["id"])
    try shop.ask("POST", "/v1/messages/\(id.string ?? id.number?.text ?? "")/resolve", ["as": "retry"])
    try eventually("resolved, it leaves") { try shop.mail.letters().count == 2 }
  }
}
