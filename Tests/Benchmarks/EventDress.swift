import JSON

/// One event's text as the shops' languages write it: they escape differently, and some put spaces between.
enum EventDress: String, CaseIterable {
  case javascript = "JavaScript's: letters as they are"
  case php = "PHP's: slashes and letters escaped"
  case python = "Python's: letters escaped, spaces between"
  case dotnet = ".NET's: letters, `+` and `&` escaped"
  case pretty = "pretty-printed"

  func text(_ json: String) -> [UInt8] {
    switch self {
    case .javascript: Array(json.utf8)
    case .php: Self.escaped(json.replacing("/", with: "\\/"), also: "")
    // No value of ours has these within.
    case .python: Self.escaped(json.replacing("\":", with: "\": ").replacing(",\"", with: ", \""), also: "")
    case .dotnet: Self.escaped(json, also: "+&'<>")
    case .pretty: Array(((try? JSONValue(parsing: json))?.pretty() ?? "").utf8)
    }
  }

  private static func escaped(_ json: String, also marks: String) -> [UInt8] {
    json.utf16.reduce(into: []) { bytes, unit in
      if unit < 0x80, !marks.utf16.contains(unit) { return bytes.append(UInt8(unit)) }
      let digits = String(unit, radix: 16)
      bytes += Array("\\u".utf8) + Array(repeating: UInt8(ascii: "0"), count: 4 - digits.utf8.count) + digits.utf8
    }
  }

  /// Somebody looks at a thing, by a site of Russian words.
  static func view(_ number: Int) -> String {
    """
    {"id":"view-\(number)-7f3a9c","type":"view","at":"2026-03-02T12:00:00+03:00",\
    "contact":{"id":"c\(number)","email":"Ann.K+\(number)@Shop.example","phone":"+7 916 \(1_000_000 + number)"},\
    "properties":{"sku":"sku-\(number % 997)","название":"Чехол для смартфона","category":"Чехлы и плёнки",\
    "price":1990,"url":"https://shop.example/catalog/cases?from=mail&page=2"}}
    """
  }

  /// Somebody buys five.
  static func purchase(_ number: Int) -> String {
    let items = (1...5).map { item in
      """
      {"sku":"sku-\(number % 997)-\(item)","name":"Case \(item) for a phone","price":1990.50,"quantity":\(item),\
      "options":{"colour":"black","gift":false},"url":"https://shop.example/catalog/cases/\(item)"}
      """
    }
    return """
      {"id":"order-\(number)","type":"purchase","at":"2026-03-02T09:00:00.123456Z","contact":{"id":"c\(number)"},\
      "properties":{"order":"\(number)","total":2.98575e4,"currency":"RUB","coupon":null,\
      "items":[\(items.joined(separator: ","))]}}
      """
  }
}
