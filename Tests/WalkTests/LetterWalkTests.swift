import JSON
import Testing

/// The main walk: an event becomes a letter in a mail server's hands, and what its reader does moves the run on.
@Suite("From an event to a letter and back")
struct LetterWalkTests {
  private let shop: Shop

  init() throws {
    shop = try Shop()
    try shop.ann()
    try shop.template(
      "hello",
      [
        "subject": "{{contact.first_name}}, добро пожаловать",
        "text": "Hello, {{contact.first_name}}: https://shop.example/new?a=1&b=2",
        "html": """
        <html><body><p>Hello, {{contact.first_name}}</p>
        <a href="https://shop.example/new?a=1&amp;b=2">look</a></body></html>
        """,
      ])
    try shop.template("opened", ["text": "Thanks for reading"])
    try shop.template("again", ["subject": "Again", "text": "Hello again"])
    try shop.publish(
      "welcome",
      [
        "enter": ["event": "signup"], "stop_when": ["did": "purchase"],
        "steps": [
          ["wait": "1h"],
          ["send": "email", "template": "hello", "id": "hello"],
          [
            "wait_for": ["opened": "hello"], "at_most": "24h",
            "then": [["send": "sms", "template": "opened", "id": "thanks"]],
            "else": [["send": "email", "template": "again", "id": "again"]],
          ],
        ],
      ])
  }

  @Test("a letter leaves after its wait and is what mail programs expect")
  func letter() throws {
    try shop.event("signup")
    try shop.settle()
    #expect(try shop.mail.letters().isEmpty)
    try shop.advance("1h")
    let letter = try #require(try shop.mail.letters().first)
    #expect(letter.subject == "Аня, добро пожаловать")
    #expect(letter.to == ["ann@example.com"])
    #expect(letter.defects.isEmpty)
    #expect(letter.part("text/plain")?.contains("Hello, Аня") == true)
    #expect(letter.part("text/html")?.contains("Hello, Аня") == true)
    #expect(letter.header("From")?.contains("Магазин") == true)
    #expect(letter.header("Message-ID") != nil)
    #expect(letter.header("List-Unsubscribe")?.hasPrefix("<http://go.shop.example/u/") == true)
    #expect(letter.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click")
  }

  @Test("the pixel is an open: the run takes the branch of those who read")
  func opened() throws {
    try shop.event("signup")
    try shop.advance("2h")
    let letter = try #require(try shop.mail.letters().first)
    let pixel = try #require(letter.attributes("src").first { $0.contains("/t/o/") })
    let answer = try shop.visit(pixel)
    #expect(answer.status == 200)
    #expect(answer.header("content-type") == "image/gif")
    try shop.settle()
    let request = try #require(try shop.provider.requests().first)
    let body = try JSONValue(parsing: request["body"]?.string ?? "")
    #expect(body["to"]?.string == "+79161234567")
    #expect(body["text"]?.string == "Thanks for reading")
    #expect(request["headers"]?["authorization"]?.string == "Bearer sms-secret")
    let messages = try shop.messages("&contact=ann")
    #expect(messages.count == 2)
    #expect(messages.first { $0["step"]?.string == "hello" }?["opened_at"]?.string != nil)
    try shop.advance("3d")
    #expect(try shop.mail.letters().count == 1)
  }

  @Test("a click goes to the true target and counts as an open; a HEAD does not click")
  func clicked() throws {
    try shop.event("signup")
    try shop.advance("2h")
    let letter = try #require(try shop.mail.letters().first)
    let link = try #require(letter.attributes("href").first { $0.contains("/t/c/") })
    _ = try shop.visit(link, "HEAD")
    try shop.settle()
    #expect(try shop.messages("&contact=ann").first?["clicked_at"]?.string == nil)
    let answer = try shop.visit(link)
    #expect((301...308).contains(answer.status))
    #expect(answer.header("location") == "https://shop.example/new?a=1&b=2")
    try shop.settle()
    let hello = try shop.messages("&contact=ann").first { $0["step"]?.string == "hello" }
    #expect(hello?["clicked_at"]?.string != nil)
    #expect(try shop.provider.requests().count == 1)
  }

  @Test("a link that was altered leads nowhere")
  func altered() throws {
    try shop.event("signup")
    try shop.advance("2h")
    let letter = try #require(try shop.mail.letters().first)
    var link = try #require(letter.attributes("href").first { $0.contains("/t/c/") })
    let last = link.removeLast()
    link.append(last == "A" ? "B" : "A")
    let answer = try shop.visit(link)
    #expect(answer.status == 404)
    #expect(answer.header("location") == nil)
  }

  @Test("not opened in a day: the other branch")
  func unopened() throws {
    try shop.event("signup")
    try shop.advance("26h")
    #expect(try shop.mail.letters().map(\.subject) == ["Аня, добро пожаловать", "Again"])
    #expect(try shop.provider.requests().isEmpty)
  }

  @Test("a purchase in the middle of a wait ends the run")
  func purchase() throws {
    try shop.event("signup")
    try shop.advance("30m")
    try shop.event("purchase", ["order_id": "o1", "total": 100])
    try shop.advance("3d")
    #expect(try shop.mail.letters().isEmpty)
    #expect(try shop.messages().isEmpty)
  }

  @Test("the same event sent twice begins one run")
  func duplicate() throws {
    try shop.event("signup", id: "e-1")
    let again = try shop.ask("POST", "/v1/events", ["id": "e-1", "type": "signup", "contact": ["id": "ann"]])
    #expect(again["accepted"]?.number?.int == 0)
    #expect(again["duplicates"]?.number?.int == 1)
    try shop.advance("2h")
    #expect(try shop.mail.letters().count == 1)
  }

  @Test("the unsubscribe page asks, one click unsubscribes, and nothing more leaves")
  func unsubscribed() throws {
    try shop.event("signup")
    try shop.advance("2h")
    let letter = try #require(try shop.mail.letters().first)
    let header = try #require(letter.header("List-Unsubscribe"))
    let link = String(header.dropFirst().prefix { $0 != ">" })
    #expect(try shop.visit(link).status == 200)
    try shop.advance("1h")
    #expect(try shop.ask("GET", "/v1/suppressions")["items"]?.array?.isEmpty == true)
    let form = [("Content-Type", "application/x-www-form-urlencoded")]
    for _ in 0..<2 {
      #expect(try shop.visit(link, "POST", headers: form, body: "List-Unsubscribe=One-Click").status == 200)
    }
    try shop.advance("2d")
    #expect(try shop.mail.letters().count == 1)
    #expect(try shop.messages("&status=skipped").count == 1)
  }

  @Test("the funnel is on /metrics")
  func metrics() throws {
    try shop.event("signup")
    try shop.advance("2h")
    let text = try shop.call("GET", "/metrics").text
    let funnel = text.split(separator: "\n").filter { $0.hasPrefix("zveno_chain_step_total{") }
    #expect(funnel.contains { $0.contains("chain=\"welcome\"") && $0.contains("step=\"hello\"") && $0.hasSuffix(" 1") })
    #expect(text.contains("zveno_messages_total{channel=\"email\",status=\"sent\"} 1"))
  }
}
