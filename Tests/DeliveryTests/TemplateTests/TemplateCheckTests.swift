import Domain
import JSON
import Testing

@testable import Delivery

@Suite struct TemplateCheckTests {
  @Test(
    "what can be known wrong is refused on save, with the nearest word",
    arguments: [
      ("{{contcat.first_name}}", TemplateIssue.Code.unknownReference, "did you mean `contact.first_name`?"),
      ("{{first_name}}", .unknownReference, "did you mean `contact.first_name`?"),
      ("{{shop.nmae}}", .unknownReference, "did you mean `shop.name`?"),
      ("{{links.unsubscibe}}", .unknownReference, "did you mean `links.unsubscribe`?"),
      ("{{mony(trigger.total)}}", .unknownReference, "did you mean `money`?"),
      ("{{#flags.vip}}{{name}}{{/flags.vip}}", .unknownReference, "did you mean `contact.name`?"),
      ("{{> hedaer}}", .unknownReference, "did you mean `header`?"),
      ("{{points.balance}}", .notYet, nil),
      ("{{contact}}", .badValue, "`contact.…`"),
      ("{{.}}", .unknownReference, nil), ("{{index()}}", .unknownReference, nil),
      ("{{#if contact.x}}a{{/if}}", .syntax, "write `{{#contact.x}}…{{/contact.x}}`"),
      ("{{#contact.x}}a{{else}}b{{/contact.x}}", .syntax, "Mustache says it with `{{^name}}…{{/name}}`"),
      ("{{contact.first name}}", .syntax, nil), ("{{contact..x}}", .syntax, nil), ("{{}}", .syntax, nil),
      ("{{contact.x", .syntax, nil), ("{{{contact.x}}", .syntax, nil), ("{{money(contact.x}}", .syntax, nil),
      ("{{#contact.x}}", .syntax, nil), ("{{/contact.x}}", .syntax, nil),
      ("{{#contact.x}}{{/contact.y}}", .syntax, nil),
      ("{{=<% %>=}}", .syntax, nil), ("{{% CONTENT_TYPE:TEXT}}", .syntax, nil),
      ("{{< layout}}{{/layout}}", .syntax, nil),
      ("{{$block}}{{/block}}", .syntax, nil), ("{{> *contact.x}}", .syntax, nil), ("{{> a b}}", .unknownReference, nil),
      ("{{plural(trigger.n)}}", .badValue, nil), ("{{money()}}", .syntax, nil),
      ("{{#plural(trigger.n)}}{{#onee}}x{{/onee}}{{/plural(trigger.n)}}", .unknownReference, "did you mean `one`?"),
    ] as [(String, TemplateIssue.Code, String?)])
  func refused(body: String, code: TemplateIssue.Code, hint: String?) throws {
    let issue = try #require(try Fixture.issues(["text": .string(body)], partials: ["header": ["text": "h"]]).first)
    #expect(issue.code == code)
    #expect(issue.pointer == "/text")
    if let hint { #expect(issue.hint == hint) }
  }

  @Test("all errors come at once, each with its place in the document that was sent")
  func places() throws {
    let document = """
      {
        "subject": "ok {{nmae}}",
        "html": "<p>\\n\\u0441\\ud83d\\ude00ж\\" {{contcat.x}} {{contact.x}} {{shop.x}}"
      }
      """
    let refusal = #expect(throws: Refusal.self) {
      try Template(TemplateDocument(parsing: Array(document.utf8)), shop: Fixture.shop, library: .empty)
    }
    let places = refusal?.issues.map { "\($0.pointer) \($0.line ?? 0):\($0.column ?? 0)" }
    #expect(places == ["/subject 2:18", "/html 3:39", "/html 3:67"])
    #expect(refusal?.issues.last?.detail.contains("(line 2, column 34 of it)") == true)
  }

  @Test("in a file of its own the place is the file's")
  func filePlaces() throws {
    let node = try JSONDocument(parsing: Array("{}".utf8)).root
    let document = try TemplateDocument(node, files: ["/html": "<p>\n {{nmae}}", "/text": "a"])
    let refusal = #expect(throws: Refusal.self) { try Template(document, shop: Fixture.shop, library: .empty) }
    #expect(refusal?.issues.map { [$0.line, $0.column] } == [[2, 2]])
  }

  @Test("an error inside a partial names the partial and the place where it is included")
  func partialPlaces() throws {
    let issues = try Fixture.issues(
      ["text": "a\n {{> one}}"], partials: ["one": ["text": "\n\n{{> two}}"], "two": ["text": "\n  {{nmae}}"]])
    #expect(issues.count == 1)
    #expect(issues.first?.detail.hasPrefix("in the partial `two`, line 2, column 3: ") == true)
    #expect(issues.first?.detail.hasSuffix("(line 2, column 2 of it)") == true)
  }

  @Test("partials that include each other, and those too deep, are refused")
  func recursion() throws {
    let issues = try Fixture.issues(
      ["text": "{{> a}}"], partials: ["a": ["text": "{{> b}}"], "b": ["text": "{{> a}}"]])
    #expect(issues.map(\.code) == [.badValue])
    #expect(issues.first?.detail.contains("a → b → a") == true)
    let deep = Dictionary(
      uniqueKeysWithValues: (0..<12).map { ("p\($0)", ["text": .string("{{> p\($0 + 1)}}")] as JSONValue) })
    #expect(try Fixture.issues(["text": "{{> p0}}"], partials: deep).map(\.code) == [.badValue])
    let wide = Dictionary(
      uniqueKeysWithValues: (0..<7).map {
        ("p\($0)", ["text": .string(String(repeating: "{{> p\($0 + 1)}}", count: 100))] as JSONValue)
      } + [("p7", ["text": "x"])])
    #expect(try Fixture.issues(["text": "{{> p0}}"], partials: wide).contains { $0.code == .tooLarge })
  }

  @Test("a template cannot come to include itself, though its last version did not")
  func ownInclusion() throws {
    let library = Fixture.library(["a": ["text": "{{> b}}"], "b": ["text": "old"]])
    for body in ["{{> b}}", "{{> a}}"] {
      let document = try TemplateDocument(parsing: JSONValue.object(["text": .string(body)]).serialized())
      let refusal = #expect(throws: Refusal.self) {
        try Template(document, id: "b", shop: Fixture.shop, library: library)
      }
      #expect(refusal?.issues.map(\.code) == [.badValue])
    }
  }

  @Test("a partial lacks a body that is needed: refused")
  func partialWithoutBody() throws {
    let issues = try Fixture.issues(["html": "{{> a}}"], partials: ["a": ["text": "t"]])
    #expect(issues.map(\.code) == [.unknownReference])
  }

  @Test("names that a section brings are not known wrong; in a partial they are if it says it is one")
  func broughtNames() throws {
    #expect(try Fixture.issues(["text": "{{#trigger.items}}{{name}}{{#url}}{{url}}{{/url}}{{/trigger.items}}"]) == [])
    #expect(try Fixture.issues(["text": "{{name}}", "partial": true]) == [])
    let partials: [String: JSONValue] = ["item": ["text": "{{name}}", "partial": true]]
    #expect(try Fixture.issues(["text": "{{#trigger.items}}{{> item}}{{/trigger.items}}"], partials: partials) == [])
    #expect(try Fixture.issues(["text": "{{> item}}"], partials: partials).map(\.code) == [.unknownReference])
    let near = try Fixture.template(["text": "{{#trigger.items}}{{contcat.first_name}}{{/trigger.items}}"])
    #expect(near.warnings.map(\.code) == [.doubtful])
  }

  @Test(
    "in HTML no value stands where escaping does not make it safe",
    arguments: [
      "<script>var x = '{{contact.x}}'</script>", "<p onclick=\"f('{{contact.x}}')\">", "<a href={{contact.x}}>",
      "<p {{contact.x}}>",
      "<{{contact.x}}>", "</{{contact.x}}>", "<{{#flags.x}}{{contact.x}}{{/flags.x}}", "<!{{contact.x}}", "a <",
      "<{{> p}}", "<p class=a{{contact.x}}>", "{{{contact.x}}}", "{{&data.x}}",
      "<iframe srcdoc=\"{{contact.x}}\">",
      "<a href=\"https://shop.example", "<p title=\"{{> p}}\">", "<a href=\"javascript:f()\">",
      "<img src=\"data:image/png,x\">",
      "<a href=\" javascript:f()\">", "<a href=\"java&#115;cript:f()\">", "<a href=\"java&Tab;script:f()\">",
      "<a href=\"https://a\n.example\">",
      "<form action=\"vbscript:x\">", "<p {{#flags.x}}title={{contact.x}}{{/flags.x}}>",
    ])
  func unsafePlaces(body: String) throws {
    let issues = try Fixture.issues(["html": .string(body)], partials: ["p": ["html": "h"]])
    #expect(issues.contains { $0.code == .badValue })
  }

  @Test(
    "in HTML values stand between tags, in quotes, in titles, comments and styles",
    arguments: [
      "<p {{#flags.x}}title=\"{{contact.x}}\"{{/flags.x}}>{{contact.x}}",
      "<a href='{{contact.x}}/{{urlencoded(contact.x)}}'>",
      "<title>{{contact.x}}</title>", "<!--[if mso]><td width=\"{{contact.x}}\"><![endif]-->",
      "<a href=\"mailto:{{contact.x}}\">",
      "<a href=\"{{#trigger.url}}{{trigger.url}}{{/trigger.url}}{{^trigger.url}}{{shop.url}}/cart{{/trigger.url}}\">",
      "<a href=\"#x\">",
      "<a href=\"tel:+7\"><a href=\"sms:+7\"><img src=\"cid:a\">", "1 < 2 & {{contact.x}}",
    ])
  func safePlaces(body: String) throws {
    let template = try Fixture.template(["html": .string(body)])
    #expect(template.warnings == [])
  }

  @Test("what is probably wrong is a doubt with its reason, never a refusal")
  func doubts() throws {
    func doubts(_ document: JSONValue) throws -> [String] {
      try Fixture.template(document).warnings.map { "\($0.pointer) \($0.code.rawValue) \($0.hint ?? "")" }
    }
    #expect(try doubts(["subject": "{{contact.first_name}}, спасибо за подарок", "text": "t"]) == [])
    let subject = "Скидка 50% и БЕСПЛАТНАЯ доставка на всё, что вы смотрели в нашем магазине"
    #expect(try doubts(["subject": .string(subject), "text": "t"]).count == 4)
    #expect(try doubts(["subject": "{{contact.first_name}}, feel free", "text": "t"]).count == 1)
    let branches =
      "{{#contact.first_name}}{{contact.first_name}}, your cart is waiting for you here{{/contact.first_name}}{{^contact.first_name}}Your cart is waiting for you right here{{/contact.first_name}}"
    #expect(try doubts(["subject": .string(branches), "text": "t"]) == [])
    #expect(try doubts(["html": "<a href=\"/cart\">"]).count == 1)
    #expect(
      try doubts(["html": "<a href=\"{{shop.url}}/?q={{contact.x}}\">"]) == [
        "/html doubtful `{{urlencoded(contact.x)}}`"
      ])
    #expect(try doubts(["subject": "{{contact.first_name}}", "html": "<p>"]).count == 1)
    #expect(try doubts(["subject": "{{contact.first_name}}", "html": "<p>{{links.unsubscribe}}"]) == [])
    let plural = "{{#plural(trigger.n)}}{{#one}}a{{/one}}{{#few}}b{{/few}}{{/plural(trigger.n)}}"
    #expect(try doubts(["text": .string(plural)]) == ["/text doubtful add `{{#many}}…{{/many}}`"])
  }

  @Test("more tags than a letter can need, and sections too deep, are refused")
  func limits() throws {
    #expect(
      try Fixture.issues(["text": .string(String(repeating: "{{contact.x}}", count: 2001))]).map(\.code) == [.tooLarge])
    let deep = String(repeating: "{{#contact}}", count: 33) + String(repeating: "{{/contact}}", count: 33)
    #expect(try Fixture.issues(["text": .string(deep)]).map(\.code) == [.tooLarge])
    #expect(
      try Fixture.issues(["text": .string(String(repeating: "x", count: 64 * 1024 + 1))]).map(\.code) == [.tooLarge])
  }
}
