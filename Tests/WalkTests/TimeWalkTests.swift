import JSON
import Testing

/// Contacts who come in by their dates and by schedules.
@Suite("Triggers by time")
struct TimeWalkTests {
  @Test("a birthday's letter and a broadcast's leave at the contact's own time, each once, over a kill in between")
  func walk() throws {
    let shop = try Shop()
    try shop.ann()
    try shop.ask("PUT", "/v1/contacts/ann", ["attributes": ["birthday": "1990-03-08"]])
    try shop.ask(
      "PUT", "/v1/contacts/bob",
      ["email": "bob@example.com", "time_zone": "Asia/Tokyo", "attributes": ["birthday": "--03-12"]])
    try shop.template("gift", ["subject": "Gift", "text": "For {{contact.id}}"])
    try shop.template("news", ["subject": "News", "text": "For {{contact.id}}"])
    try shop.publish(
      "birthday",
      [
        "enter": ["date": "birthday", "offset": "-3d", "at": "10:00"],
        "steps": [["send": "email", "template": "gift"]],
      ])
    try shop.publish(
      "news",
      [
        "enter": ["schedule": "2026-03-07T10:00", "to": ["reachable": "email"]],
        "steps": [["send": "email", "template": "news"]],
      ])
    try shop.advance("4d")
    shop.killHard()
    try shop.open()
    try shop.advance("1y")
    let sent = try shop.everyMessage().reversed().map { message in
      "\(message["contact"]?.string ?? "") \(message["template"]?.string ?? "") \(message["sent_at"]?.string ?? "")"
    }
    let expected = [
      "ann gift 2026-03-05T07:00:00.000Z", "bob news 2026-03-07T01:00:00.000Z", "ann news 2026-03-07T07:00:00.000Z",
      "bob gift 2026-03-09T01:00:00.000Z", "ann gift 2027-03-05T07:00:00.000Z",
    ]
    #expect(sent.sorted { $0.suffix(24) < $1.suffix(24) } == expected)
    #expect(try shop.mail.letters().count == 5)
    #expect(shop.close() == 0)
    let run = try Zveno.run(["verify", shop.dataPath])
    #expect(run.status == 0, "\(run.output)")
  }
}
