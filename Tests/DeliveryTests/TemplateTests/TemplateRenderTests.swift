import Domain
import JSON
import Testing

@testable import Delivery

@Suite struct TemplateRenderTests {
  static let values: JSONValue = [
    "contact": ["first_name": "Анна", "город": "Казань", "empty": "", "zero": 0, "nothing": nil, "no": false],
    "trigger": [
      "total": 4000, "exact": .number(JSONNumber(text: "12345678901234567890.10") ?? 0),
      "items": [["name": "Чайник", "price": 1500], ["name": "Ложка", "price": 100]],
      "tags": ["a", "b", "c"], "matrix": [[1, 2], [3]], "none": [], "name": "outer",
    ],
    "latest": ["cart": ["total": 10], "message": ["opened": ["channel": "email"]], "order.paid": ["id": 7]],
    "data": ["code": "X1"], "flags": ["vip": true, "new": false], "shop": ["name": "Лавка"],
    "links": ["unsubscribe": "https://go.shop.example/u/x"],
  ]

  @Test(
    "tags print what they name",
    arguments: [
      ("Привет, {{contact.first_name}}!", "Привет, Анна!"), ("{{ contact.first_name }}", "Анна"),
      ("{{{contact.first_name}}}{{&contact.first_name}}", "АннаАнна"), ("{{contact.город}}", "Казань"),
      ("{{trigger.total}}", "4000"), ("{{trigger.exact}}", "12345678901234567890.10"),
      ("{{trigger.items.1.name}}", "Ложка"), ("{{latest.cart.total}}", "10"),
      ("{{latest.message.opened.channel}}", "email"), ("[{{contact.empty}}]", "[]"), ("{{contact.zero}}", "0"),
      ("{{contact.no}}", "false"), ("a{{! a comment\nof two lines }}b", "ab"), ("{", "{"),
      ("a } b }} c {d", "a } b }} c {d"),
      ("{{contact.first_name}}}", "Анна}"), ("{x}{{contact.zero}}{", "{x}0{"),
      ("\u{0600}{{contact.zero}}\u{301}", "\u{0600}0\u{301}"),
    ])
  func variables(body: String, expected: String) throws {
    #expect(try Fixture.text(body, Self.values) == expected)
  }

  @Test(
    "sections follow lists, objects, conditions and whether there is anything",
    arguments: [
      ("{{#trigger.items}}{{name}} {{price}};{{/trigger.items}}", "Чайник 1500;Ложка 100;"),
      ("{{#trigger.tags}}{{.}}{{^last()}}, {{/last()}}{{/trigger.tags}}", "a, b, c"),
      ("{{#trigger.tags}}{{plusone(index())}}{{#first()}}!{{/first()}}{{#odd()}}?{{/odd()}}{{/trigger.tags}}", "1!2?3"),
      ("{{#trigger.matrix}}[{{#.}}{{.}}{{/.}}]{{/trigger.matrix}}", "[12][3]"),
      ("{{#trigger.none}}x{{/trigger.none}}{{^trigger.none}}none{{/trigger.none}}", "none"),
      ("{{#contact.nothing}}x{{/contact.nothing}}{{^contact.nothing}}-{{/contact.nothing}}", "-"),
      ("{{#contact.absent}}x{{/contact.absent}}{{^contact.absent}}-{{/contact.absent}}", "-"),
      ("{{#contact.empty}}x{{/contact.empty}}{{^contact.zero}}-{{/contact.zero}}{{#contact.no}}x{{/contact.no}}", "-"),
      ("{{#flags.vip}}vip{{/flags.vip}}{{#flags.new}}new{{/flags.new}}{{^flags.other}}!{{/flags.other}}", "vip!"),
      ("{{#contact}}{{first_name}} {{shop.name}}{{/contact}}", "Анна Лавка"),
      ("{{#contact.first_name}}{{.}} {{contact.first_name}}{{/contact.first_name}}", "Анна Анна"),
      ("{{#trigger}}{{#items}}{{name}}{{/items}} {{name}}{{/trigger}}", "ЧайникЛожка outer"),
      ("{{#trigger.items}}{{contact.first_name}}{{trigger.total}} {{/trigger.items}}", "Анна4000 Анна4000 "),
      ("{{#first(trigger.items)}}{{name}}{{/first(trigger.items)}}", "Чайник"),
      ("{{#reversed(trigger.tags)}}{{.}}{{/reversed(trigger.tags)}}", "cba"),
      (
        "{{#empty(trigger.none)}}empty{{/empty(trigger.none)}}{{#empty(trigger.absent)}}!{{/empty(trigger.absent)}}",
        "empty!"
      ),
      ("{{count(trigger.tags)}}{{count(trigger.none)}}", "30"),
    ])
  func sections(body: String, expected: String) throws {
    #expect(try Fixture.text(body, Self.values) == expected)
  }

  @Test(
    "a tag alone on its line takes the line with it, one that prints does not",
    arguments: [
      ("a\n{{#flags.vip}}\nb\n{{/flags.vip}}\nc", "a\nb\nc"),
      ("a\r\n  {{#flags.vip}}  \r\nb\r\n{{/flags.vip}}\r\nc", "a\r\nb\r\nc"),
      ("a\n{{#flags.vip}}\n\nb\n\n{{/flags.vip}}\n\nc", "a\n\nb\n\n\nc"), ("a\n{{! comment }}\nb", "a\nb"),
      ("a\n  {{trigger.total}}\nb", "a\n  4000\nb"), ("{{#flags.vip}}\na{{/flags.vip}}\n", "a\n"),
      ("a\n {{#flags.vip}} b {{/flags.vip}} \nc", "a\n  b  \nc"),
      ("{{#flags.vip}}{{#flags.vip}}\na{{/flags.vip}}{{/flags.vip}}", "\na"),
      ("x\n{{^flags.new}}\n{{/flags.new}}\ny", "x\ny"), ("{{#flags.vip}} {{/flags.vip}}|", " |"),
      ("a\n  {{#flags.vip}}  ", "a\n"),
    ].dropLast())
  func standalone(body: String, expected: String) throws {
    #expect(try Fixture.text(body, Self.values) == expected)
  }

  @Test(
    "a name without a value stops the message and is named, wherever it stands",
    arguments: [
      ("{{contact.last_name}}", "contact.last_name"), ("{{contact.nothing}}", "contact.nothing"),
      ("{{contact.first_name.x}}", "contact.first_name.x"), ("{{trigger.items.7.name}}", "trigger.items.7.name"),
      ("{{#trigger.items}}{{sku}}{{/trigger.items}}", "sku"), ("{{money(trigger.sum)}}", "money(trigger.sum)"),
      ("{{first(trigger.none)}}", "first(trigger.none)"), ("{{latest.view.sku}}", "latest.view.sku"),
      ("{{#flags.vip}}{{data.percent}}{{/flags.vip}}", "data.percent"),
    ])
  func missing(body: String, name: String) throws {
    let failure = try #require(try Fixture.failure { try Fixture.text(body, Self.values) })
    #expect(failure.code == "missing_value")
    #expect(failure.findings.map(\.name) == [name])
    #expect(failure.detail.contains("(text, line 1)"))
  }

  @Test("a name in a branch that is not taken stops nothing")
  func branchNotTaken() throws {
    #expect(try Fixture.text("{{#flags.new}}{{data.absent}}{{/flags.new}}ok", Self.values) == "ok")
  }

  @Test("all missing names are told at once, each with its line, in all bodies")
  func allMissing() throws {
    let template = try Fixture.template([
      "subject": "{{contact.a}}", "text": "x\n{{contact.b}} {{contact.b}}", "html": "<p>\n{{contact.c}}</p>",
    ])
    let failure = #expect(throws: RenderFailure.self) {
      try template.render(values: Self.values, locale: nil, zone: Fixture.zone)
    }
    #expect(failure?.findings.map(\.pointer) == ["/subject", "/text", "/html"])
    #expect(failure?.findings.map(\.line) == [1, 2, 2])
    #expect(failure?.issues.map(\.code) == [.missing, .missing, .missing])
  }

  @Test(
    "what cannot be printed or computed stops the message",
    arguments: [
      "{{trigger.items}}", "{{contact.first_name}}{{trigger.tags}}", "{{money(contact.first_name)}}",
      "{{date(trigger.total)}}",
      "{{first(contact.first_name)}}", "{{#plural(contact.first_name)}}{{/plural(contact.first_name)}}",
      "{{time(contact.empty)}}",
    ])
  func badValues(body: String) throws {
    #expect(try Fixture.failure { try Fixture.text(body, Self.values) }?.code == "bad_value")
  }

  @Test("partials stand in text with their text and in HTML with their HTML, and see the names around them")
  func partials() throws {
    let template = try Fixture.template(
      [
        "text": "{{> header}}\n{{#trigger.items}}\n  {{> item}}\n{{/trigger.items}}\nend",
        "html": "{{> header}}<p>{{#trigger.items}}{{> item}}{{/trigger.items}}",
      ],
      partials: [
        "header": ["text": "*{{shop.name}}*\n", "html": "<h1>{{shop.name}}</h1>"],
        "item": ["partial": true, "text": "- {{name}}\n", "html": "<li>{{name}}</li>"],
      ])
    let message = try template.render(values: Self.values, locale: nil, zone: Fixture.zone)
    #expect(message.text == "*Лавка*\n- Чайник\n- Ложка\nend")
    #expect(message.html == "<h1>Лавка</h1><p><li>Чайник</li><li>Ложка</li>")
    #expect(template.partials == ["header", "item"])
  }

  @Test("each contact gets his own values: nothing is shared between two renderings on many threads")
  func nothingShared() async throws {
    let template = try Fixture.template([
      "html": "{{contact.secret}}{{#trigger.items}}{{name}}{{/trigger.items}}{{contact.secret}}"
    ])
    await withTaskGroup(of: Bool.self) { group in
      for number in 0..<200 {
        group.addTask {
          let values: JSONValue = [
            "contact": ["secret": .string("<\(number)>")], "trigger": ["items": [["name": "x"]]],
          ]
          let html = try? template.render(values: values, locale: nil, zone: .utc).html
          return html == "&lt;\(number)&gt;x&lt;\(number)&gt;"
        }
      }
      for await isOwn in group { #expect(isOwn) }
    }
  }

  @Test("which event types a template asks for is known")
  func latestTypes() throws {
    let template = try Fixture.template(
      [
        "text":
          "{{latest.cart.total}}{{#latest.view}}{{sku}}{{/latest.view}}{{#latest}}{{order.paid.id}}{{/latest}}{{> p}}"
      ],
      partials: ["p": ["text": "{{latest.message.opened.channel}}"]])
    #expect(template.latestTypes.isSuperset(of: ["cart", "view", "order.paid", "message.opened"]))
    #expect(try Fixture.template(["text": "{{trigger.latest}}"]).latestTypes == [])
  }
}
