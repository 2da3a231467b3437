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

  @Test("killed five times under load: nothing acknowledged is lost, nothing is sent twice")
  func underLoad() throws {
    let shop = try Shop(clock: nil)
    try Self.prepare(shop)
    var acknowledged: Set<String> = []
    for round in 1...5 {
      let port = try #require(shop.zveno).port
      let senders = Senders(port: port, round: round)
      Thread.sleep(forTimeInterval: 0.3 + Double(round) * 0.15)
      shop.killHard()
      acknowledged.formUnion(senders.end())
      try shop.open()
    }
    #expect(acknowledged.count > 20)
    try eventually("every message has left or is reported") {
      let statuses = try shop.statuses()
      return statuses["planned"] == nil && statuses["sending"] == nil
        && statuses.values.reduce(0, +) >= acknowledged.count
    }
    let subjects = try shop.mail.subjects()
    #expect(Set(subjects).count == subjects.count, "a letter came twice")
    let unknown = Set(
      try shop.everyMessage("&status=unknown").compactMap { $0["id"]?.string ?? $0["id"]?.number?.text })
    let missing = acknowledged.subtracting(subjects.map { String($0.dropFirst("Hello ".count)) })
    #expect(missing.count <= unknown.count, "acknowledged and not sent: \(missing.sorted().prefix(5))")
  }
}
