import Domain
import JSON
import Testing

@testable import Delivery

@Suite struct TemplateLocaleTests {
  static let values: JSONValue = [
    "trigger": [
      "total": 4000, "half": "4000.50", "tiny": .number(JSONNumber(text: "0.005") ?? 0), "minus": -1234567,
      "big": "12345678901234567890123456.78",
      "at": "2026-03-02T21:30:00Z", "day": "2026-03-02", "n": 3, "text": "ПРИВЕТ мир", "query": "a b&c=д",
    ]
  ]

  /// With spaces that do not break shown as plain ones.
  func text(_ body: String, _ locale: String?, zone: String = "Europe/Moscow", currency: String = "RUB") throws
    -> String
  {
    let shop = TemplateShop(locale: locale ?? "ru", currency: currency)
    let template = try Fixture.template(["text": .string(body)], shop: shop)
    let text = try template.render(values: Self.values, locale: locale, zone: try #require(Zone(zone))).text ?? ""
    return String(text.map { $0 == "\u{A0}" || $0 == "\u{202F}" ? " " : $0 })
  }

  @Test(
    "money and numbers are written as the language does, exactly",
    arguments: [
      ("{{money(trigger.total)}}", "ru", "RUB", "4 000 ₽"), ("{{money(trigger.half)}}", "ru", "RUB", "4 000,50 ₽"),
      ("{{money(trigger.half)}}", "en-US", "USD", "$4,000.50"), ("{{money(trigger.total)}}", "de", "EUR", "4.000 €"),
      ("{{money(trigger.minus)}}", "ru", "RUB", "-1 234 567 ₽"), ("{{money(trigger.total)}}", "ja", "JPY", "¥4,000"),
      ("{{money(trigger.big)}}", "ru", "RUB", "12 345 678 901 234 567 890 123 456,78 ₽"),
      ("{{number(trigger.minus)}}", "en", "RUB", "-1,234,567"), ("{{number(trigger.half)}}", "ru", "RUB", "4 000,50"),
      ("{{number(trigger.tiny)}}", "de", "EUR", "0,005"),
    ])
  func money(body: String, locale: String, currency: String, expected: String) throws {
    // ICU may write a currency's sign of another script; the digits are what counts there.
    let text = try text(body, locale, currency: currency).replacing("¥", with: "¥")
    #expect(text == expected)
  }

  @Test(
    "dates and times are those of the contact's clock, in the language",
    arguments: [
      ("{{date(trigger.at)}}", "ru", "Europe/Moscow", "3 марта 2026 г."),
      ("{{date(trigger.at)}}", "en", "America/New_York", "March 2, 2026"),
      ("{{time(trigger.at)}}", "ru", "Asia/Kolkata", "03:00"), ("{{time(trigger.at)}}", "en-US", "UTC", "9:30 PM"),
      ("{{date(trigger.day)}}", "ru", "Pacific/Kiritimati", "2 марта 2026 г."),
      ("{{datetime(trigger.at)}}", "de", "Europe/Berlin", "2. März 2026 um 22:30"),
    ])
  func dates(body: String, locale: String, zone: String, expected: String) throws {
    let text = try text(body, locale, zone: zone)
    #expect(text == expected || "0" + text == expected)
  }

  @Test("texts change case and go into addresses")
  func strings() throws {
    #expect(
      try text("{{lowercased(trigger.text)}} {{uppercased(trigger.text)}} {{capitalized(trigger.text)}}", "ru")
        == "привет мир ПРИВЕТ МИР Привет Мир")
    #expect(
      try text("{{urlencoded(trigger.query)}} {{urlencoded(lowercased(trigger.n))}}", "ru") == "a%20b%26c%3D%D0%B4 3")
  }

  @Test(
    "plural forms are those of CLDR",
    arguments: [
      ("ru", "one:1,21,101,1001 few:2,3,4,22,104 many:0,5,11,12,14,19,20,111,1000000 other:0.5,1.0,1.5"),
      ("uk", "one:1,31 few:2,23 many:0,11,25 other:1.5"),
      ("be", "one:1,21,1.0 few:2,22,3.0 many:0,5,11,12 other:0.1,1.5"),
      ("pl", "one:1 few:2,3,4,22,102 many:0,5,11,12,21,101 other:0.5,1.5"),
      ("cs", "one:1 few:2,3,4 many:0.5,1.0 other:0,5,11,22"),
      ("en", "one:1 other:0,2,5,21,1.0,0.5"), ("de", "one:1 other:0,2,1.0"),
      ("fr", "one:0,1,1.5 many:1000000 other:2,100"),
      ("es", "one:1,1.0 many:1000000,2000000 other:0,2,1.5"), ("it", "one:1 many:1000000 other:0,2,1.0"),
      ("tr", "one:1,1.0 other:0,2,11"),
      ("kk", "one:1 other:0,2,21"), ("ja", "other:0,1,2,5"),
      ("ar", "zero:0 one:1 two:2 few:3,10,103 many:11,99,111 other:100,102,0.5"),
      ("lv", "zero:0,10,11,19,111 one:1,21,0.1,1.1 other:2,22,0.2"),
      ("lt", "one:1,21 few:2,9,22 many:0.1 other:0,10,11,20"),
      ("ro", "one:1 few:0,2,19,101,1.5 other:20,100"), ("sl", "one:1,101 two:2,102 few:3,4,0.5 other:0,5,11"),
      ("he", "one:1,0.5 two:2 other:0,3,10,1.5"),
      ("sr", "one:1,21,0.1 few:2,3,22,0.2 other:0,5,11,12"), ("da", "one:1,0.1,1.6 other:0,2,2.1"),
      ("xx", "one:1 other:0,2"),
      ("hi", "one:0,1,0.5 other:2,1.5"),
    ])
  func plurals(language: String, table: String) throws {
    let rule = PluralRule(language: language)
    for row in table.split(separator: " ") {
      let parts = row.split(separator: ":")
      for number in parts[1].split(separator: ",") {
        for sign in ["", "-"] {
          let operands = try #require(PluralOperands(sign + number))
          #expect(rule.category(of: operands).rawValue == parts[0], "\(language) \(sign)\(number)")
        }
      }
    }
  }

  @Test("a number of any length has a plural form; what is no number has none")
  func operands() {
    let rule = PluralRule(language: "ru")
    #expect(PluralOperands(String(repeating: "9", count: 400) + "1").map(rule.category) == .one)
    #expect(PluralOperands("1e3").map(rule.category) == .many)
    for text in ["", "-", "1e-3", "1e400", "x", "1,5", "NaN"] { #expect(PluralOperands(text) == nil) }
  }

  @Test("a plural section shows one form, and the others not")
  func pluralSection() throws {
    let body =
      "{{trigger.n}} {{#plural(trigger.n)}}{{#one}}товар{{/one}}{{#few}}товара{{/few}}{{#many}}товаров{{/many}}{{/plural(trigger.n)}}"
    #expect(try text(body, "ru") == "3 товара")
  }

  @Test(
    "the text is the contact's language where there is one, else the shop's, else the template's own",
    arguments: [
      ("en-GB", "ru", "en 1,000"), ("en", "ru", "en 1,000"), ("fr", "ru", "ru 1 000"), (nil, "ru", "ru 1 000"),
      ("ru-RU", "en", "ru 1 000"),
      ("de", "en", "en 1,000"), (nil, "en", "en 1,000"), ("!", "ru", "ru 1 000"), ("kk", "fr", "ru 1 000"),
      ("de-CH", "ru", "de-ch 1’000"),
    ] as [(String?, String, String)])
  func choice(contact: String?, shop: String, expected: String) throws {
    let template = try Fixture.template(
      [
        "locale": "ru", "text": "ru {{number(trigger.x)}}",
        "locales": ["en": ["text": "en {{number(trigger.x)}}"], "de_CH": ["text": "de-ch {{number(trigger.x)}}"]],
      ], shop: TemplateShop(locale: shop, currency: "RUB"))
    let text = try template.render(values: ["trigger": ["x": 1000]], locale: contact, zone: .utc).text ?? ""
    #expect(String(text.map { $0 == "\u{A0}" ? " " : $0 }) == expected)
  }

  @Test("partials come in the language of the text around them")
  func partials() throws {
    let template = try Fixture.template(
      ["text": "{{> a}}", "locales": ["en": ["text": "{{> a}}"], "de": ["text": "{{> a}}"]]],
      partials: ["a": ["text": "ru", "locales": ["en": ["text": "en"]]]])
    for (locale, expected) in [("ru", "ru"), ("en-US", "en"), ("de", "ru")] {
      #expect(try template.render(values: [:], locale: locale, zone: .utc).text == expected)
    }
  }

  @Test("any number of locales that contacts bring leaves few formatters behind")
  func manyLocales() throws {
    for number in 0..<500 { _ = LocaleFormats.of(locale: "en-x\(number)", currency: "RUB") }
    #expect(LocaleFormats.of(locale: "ru", currency: "RUB") === LocaleFormats.of(locale: "ru", currency: "RUB"))
  }
}
