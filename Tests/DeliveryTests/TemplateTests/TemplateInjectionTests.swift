import Domain
import JSON
import Seeds
import Testing

@testable import Delivery

/// Templates put together at random from what is difficult, filled with what is dangerous.
@Suite struct TemplateInjectionTests {

  static let pieces = [
    "{{contact.x}}", "{{contact.x}}", "{{{contact.x}}}", "{{#flags.v}}", "{{/flags.v}}", "{{^flags.n}}", "{{/flags.n}}",
    "{{#trigger.l}}", "{{/trigger.l}}", "{{.}}", "{{> p}}", "{{! c }}", "<p title=\"", "<p title='", "\">", "'>",
    "<a href=\"",
    "<a href='", "<p style=\"", "<p onclick=\"", "<p ", "<p", ">", "<", "</", "</p>", "<!--", "-->", "<!", "<title>",
    "</title>", "<style>", "</style>", "<script>", "</script>", "<textarea>", "</textarea>", "\"", "'", "=", "/", " ",
    "\n",
    "a", "&", "{", "}", "javascript:", "https://a.example/", "?", ":", "<!--[if mso]>", "<![endif]-->",
  ]

  static let hostile = [
    "<img src=x onerror=alert(1)>", "\" onmouseover=\"x", "' onmouseover='x", "--><script>", "</title><script>",
    "script",
    "img src=x onerror=alert(1) ", "!--", "javascript:alert(1)", "/script>", "]]>", "a=b c", "{{{contact.s}}}",
  ]

  /// Tags with the names of their attributes, and how many comments.
  func shape(_ html: String) -> [String] {
    let bytes = Array(html.utf8)
    var scanner = HTMLScanner(bytes)
    var shape: [String] = []
    while let token = scanner.next() {
      switch token {
      case .tag(let tag):
        let names = tag.attributes.map { HTMLText.lowercased(bytes[$0.name]) }
        shape.append((tag.isEnd ? "/" : "") + "\(tag.name) " + names.joined(separator: " "))
        for attribute in tag.attributes where HTMLText.matches(bytes[attribute.name], "href") {
          guard let value = attribute.value else { continue }
          if case .refused(let scheme) = Address(HTMLText.unescaped(bytes[value.text])) { shape.append(scheme) }
        }
      case .comment: shape.append("comment")
      case .unfinished: shape.append("unfinished")
      case .text, .rawText: break
      }
    }
    return shape
  }

  func values(_ x: String) -> JSONValue {
    ["contact": ["x": .string(x), "s": "s3cret"], "flags": ["v": true], "trigger": ["l": [.string(x), .string(x)]]]
  }

  @Test("no value changes the markup around it, whatever template was let through")
  func markup() throws {
    var chance = Seeded(2026)
    var taken = 0
    for _ in 0..<4000 {
      let length = Int.random(in: 1...10, using: &chance)
      let body = (0..<length).map { _ in Self.pieces.randomElement(using: &chance) ?? "" }.joined()
      let document: JSONValue = ["html": .string(body)]
      guard let template = try? Fixture.template(document, partials: ["p": ["html": "<i>{{contact.x}}</i>"]]),
        let plain = try? template.render(values: values("a"), locale: nil, zone: .utc).html
      else { continue }
      taken += 1
      for value in Self.hostile {
        guard let html = try? template.render(values: values(value), locale: nil, zone: .utc).html else { continue }
        #expect(shape(html) == shape(plain), "\(body) with \(value)")
        #expect(!html.contains("s3cret"))
      }
    }
    #expect(taken > 300)
  }
}
