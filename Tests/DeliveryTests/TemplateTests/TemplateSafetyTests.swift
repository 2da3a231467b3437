import Domain
import JSON
import Testing

@testable import Delivery

/// What values and templates can try, and what becomes of it.
@Suite struct TemplateSafetyTests {
  static let hostile = [
    "{{contact.secret}}", "{{{x}}}", "{{#a}}", "{{/a}}", "}}{{", "{{> header}}", "{{=<% %>=}}",
    "{{% CONTENT_TYPE:TEXT}}",
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='x", "&lt;b&gt;", "-->", "]]>",
    "</style>",
  ]

  @Test("a value is never template code, in no body", arguments: hostile)
  func code(value: String) throws {
    let template = try Fixture.template([
      "subject": "{{contact.x}}", "text": "{{contact.x}}",
      "html": "<p title=\"{{contact.x}}\">{{contact.x}}</p><!--{{contact.x}}-->",
    ])
    let values: JSONValue = ["contact": ["x": .string(value), "secret": "s3cret"]]
    let message = try template.render(values: values, locale: nil, zone: .utc)
    #expect(message.subject == value && message.text == value)
    let html = try #require(message.html)
    let inside = html.dropFirst("<p title=\"".count).prefix { $0 != "\"" }
    #expect(html == "<p title=\"\(inside)\">\(inside)</p><!--\(inside)-->")
    #expect(!inside.contains { "<>\"'".contains($0) } && !html.contains("s3cret"))
  }

  @Test(
    "a subject is one line, whatever is in it",
    arguments: [
      "a\r\nBcc: x@shop.example", "a\nb", "\r\n", "a\u{0}b", "a\u{2028}b", "a\u{85}b", " a \t b ", "a\u{1B}[0m",
    ])
  func subject(value: String) throws {
    let template = try Fixture.template(["subject": "x {{contact.x}} y", "text": "t"])
    let subject = try template.render(values: ["contact": ["x": .string(value)]], locale: nil, zone: .utc).subject ?? ""
    #expect(
      subject.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && !(0x80...0x9F).contains($0.value) })
    #expect(!subject.contains("\u{2028}") && subject.hasPrefix("x ") && subject.hasSuffix(" y"))
  }

  @Test("control characters of a value reach no body; tabs and line ends do")
  func controls() throws {
    #expect(try Fixture.text("{{contact.x}}", ["contact": ["x": "a\u{0}\u{8}\tb\r\nc\u{7F}"]]) == "a\tb\r\nc")
    #expect(try Fixture.html("{{contact.x}}", ["contact": ["x": "<\u{0}\nb"]]) == "&lt;\nb")
  }

  @Test(
    "a value that begins an address decides its scheme only if it leads somewhere",
    arguments: [
      ("https://shop.example/?a=1&b=2", "https://shop.example/?a=1&amp;b=2"), ("/cart", "/cart"), ("#top", "#top"),
      ("mailto:a@shop.example", "mailto:a@shop.example"), ("HTTP://shop.example", "HTTP://shop.example"), ("", ""),
      ("javascript:alert(1)", nil), (" javascript:alert(1)", nil), ("JaVaScRiPt:alert(1)", nil),
      ("java\tscript:x", nil),
      ("java\nscript:x", nil), ("data:text/html,x", nil), ("vbscript:x", nil), (":x", nil), ("\u{1}javascript:x", nil),
    ] as [(String, String?)])
  func addresses(value: String, expected: String?) throws {
    let values: JSONValue = ["contact": ["x": .string(value)], "shop": ["url": "https://shop.example"]]
    let body =
      "<a href=\"{{#contact.none}}{{shop.url}}{{/contact.none}}{{^contact.none}}{{contact.x}}{{/contact.none}}\">"
    guard let expected else {
      #expect(try Fixture.failure { try Fixture.html(body, values) }?.code == "bad_value")
      return
    }
    #expect(try Fixture.html(body, values) == "<a href=\"\(expected)\">")
  }

  @Test("a scheme cannot be put together of two values, or of a text and a value")
  func schemeInParts() throws {
    for (body, x) in [("<a href=\"{{contact.x}}{{contact.y}}\">", "java"), ("<a href=\"java{{contact.y}}\">", "")] {
      let values: JSONValue = ["contact": ["x": .string(x), "y": "script:alert(1)"]]
      #expect(try Fixture.failure { try Fixture.html(body, values) }?.code == "bad_value")
    }
  }

  @Test(
    "a style takes colours and sizes and nothing that could load or close",
    arguments: ["#1f5eff", "12.5%", "red", "10px"])
  func styles(value: String) throws {
    for body in ["<p style=\"color:{{contact.x}}\">", "<style>a{color:{{contact.x}}}</style>"] {
      #expect(try Fixture.html(body, ["contact": ["x": .string(value)]]).contains(":" + value))
      for bad in ["url(https://evil.example)", "red;background:x", "</style>", "\"", "expression(1)", "a/**/"] {
        #expect(try Fixture.failure { try Fixture.html(body, ["contact": ["x": .string(bad)]]) }?.code == "bad_value")
      }
    }
  }

  @Test("a list of a million items ends in a failure, soon and in little memory", .timeLimit(.minutes(1)))
  func manyItems() throws {
    let items = JSONValue.array(Array(repeating: ["name": "x"], count: 1_000_000))
    let values: JSONValue = ["trigger": ["items": items]]
    let failure = try Fixture.failure { try Fixture.text("{{#trigger.items}}{{name}}{{/trigger.items}}", values) }
    #expect(failure?.code == "too_large")
  }

  @Test("lists inside lists, and long texts inside lists, end at the bounds", .timeLimit(.minutes(1)))
  func bounds() throws {
    let nine = JSONValue.array(Array(repeating: 1, count: 9000))
    let nested = "{{#trigger.a}}{{#trigger.a}}{{#trigger.a}}x{{/trigger.a}}{{/trigger.a}}{{/trigger.a}}"
    #expect(try Fixture.failure { try Fixture.text(nested, ["trigger": ["a": nine]]) }?.code == "too_large")
    for text in [String(repeating: "long {text} ", count: 50), String(repeating: "a\n", count: 200)] {
      let body = "{{#trigger.a}}" + text + "{{/trigger.a}}"
      #expect(try Fixture.failure { try Fixture.text(body, ["trigger": ["a": nine]]) }?.code == "too_large")
    }
    let long = JSONValue.string(String(repeating: "<", count: 500_000))
    #expect(try Fixture.failure { try Fixture.html("{{contact.x}}", ["contact": ["x": long]]) }?.code == "too_large")
    let subject = try Fixture.template(["subject": "{{contact.x}}", "text": "t"])
    let failure = #expect(throws: RenderFailure.self) {
      try subject.render(values: ["contact": ["x": long]], locale: nil, zone: .utc)
    }
    #expect(failure?.code == "too_large")
  }

  @Test(
    "hostile templates are refused or taken, in linear time and without a crash", .timeLimit(.minutes(1)),
    arguments: [
      "{{#contact}}", "{{^contact}}", "{{/contact}}", "{{contact.x}}", "{{", "}}", "{{{", "{{!", "{{> p}}", "{", "{ ",
      "{{#a}}{{/a}}",
      "{{money(", "((((", "{{.}}", "\n", "{{}}", "{{! }}\n", "<a href=\"", "<", "\u{301}",
    ])
  func hostileTemplates(piece: String) throws {
    for part in ["text", "html"] {
      let body = String(repeating: piece, count: 60_000 / piece.utf8.count)
      if try Fixture.issues([part: .string(body)], partials: ["p": ["text": "t", "html": "h"]]).isEmpty {
        _ = try? Fixture.template([part: .string(body)]).render(values: ["contact": ["x": 1]], locale: nil, zone: .utc)
      }
    }
  }
}
