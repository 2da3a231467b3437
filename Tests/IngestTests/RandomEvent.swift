import Seeds

/// Texts of events by chance: fields good and bad, in any order, spaced and escaped in many ways.
struct RandomEvent {
  private var chance: Seeded

  init(seed: UInt64) { chance = Seeded(seed) }

  /// Mostly valid.
  mutating func text() -> String {
    var fields = [("type", value(of: types)), ("contact", contact())]
    if chance.oneIn(2) { fields.append(("id", value(of: identifiers))) }
    if chance.oneIn(2) { fields.append(("at", value(of: times))) }
    if chance.oneIn(2) { fields.append(("properties", object((0..<few()).map { ("p\($0)", any(depth: 0)) }))) }
    if chance.oneIn(30) { fields.append((one(of: ["typo", "", "properties", "Type", "email"]), any(depth: 2))) }
    return object(fields)
  }

  /// The text of an event with a few bytes put in, left out or turned into others.
  mutating func broken() -> [UInt8] {
    var bytes = Array(text().utf8)
    for _ in 0...few() {
      let at = Int.random(in: 0..<bytes.count, using: &chance)
      let byte =
        chance.oneIn(3) ? UInt8.random(in: .min ... .max, using: &chance) : one(of: Array("\"\\{}[],:u0 aé\n".utf8))
      switch Int.random(in: 0..<3, using: &chance) {
      case 0: bytes[at] = byte
      case 1: bytes.insert(byte, at: at)
      default: if bytes.count > 1 { bytes.remove(at: at) }
      }
    }
    return bytes
  }

  // MARK: Fields

  // Good ones in the first half.
  private let types = ["view", "order.paid", "a-b_9", "message.sent", "1st", "", String(repeating: "t", count: 65)]
  private let identifiers = [
    "42", "a:b@c+d", "...", String(repeating: "i", count: 128), "-", "+7", "", ".", "..", "a b", "ключ", "a/b",
    String(repeating: "i", count: 129),
  ]
  private let emails = [
    "ann@shop.example", "Ann.K+1@Shop.example", "o@xn--80ak.y", "a!b@c.d", "a.b.c.d@e.f.g.h", "A-B@C-D.example",
    "ann_@x.y", "z@9.9", "q'@x.example", "_o'brien-@x.example", "a_.-c@x--y.example", "иван@почта.example",
    "a..b@x.y", "a.@b.c", ".a@b.c", "a@b-.c", "a@b.c-", "a@b_c.d", "a@.b", "@b.c", "a@b..c", "a+.b@b.c.", "ann",
    "a@-b.c", "a@b.c_", "a@b@c.d", "\u{A0}a@b.c", "a b@c.d",
  ]
  private let phones = [
    "+79161234567", "+7 (916) 123-45-67", "8 916 123-45-67", "0049 151 23456789", "+12", "916 1234567", "+0123456789",
    "+1234567890123456", "",
  ]
  private let anonymous = ["кука 1", "a\\\"/b", "1", "a\u{7F}b", "a\u{0}b", "", String(repeating: "ю", count: 65)]
  private let times = [
    "2026-03-02T08:00:00Z", "2026-03-02T11:00:00.123456+03:00", "2026-03-02 08:00:00-00:30", "2026-03-02T08:00:00.1z",
    "2026-02-30T00:00:00Z", "2030-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2026-03-02",
    "2026-03-02T08:00:00." + String(repeating: "1", count: 45) + "Z",
  ]

  private mutating func contact() -> String {
    if chance.oneIn(40) { return any(depth: 2) }
    var keys: [(String, String)] = []
    if chance.oneIn(2) { keys.append(("id", value(of: identifiers))) }
    if chance.oneIn(2) { keys.append(("email", value(of: emails))) }
    if chance.oneIn(2) { keys.append(("phone", value(of: phones))) }
    if chance.oneIn(4) { keys.append(("anonymous_id", value(of: anonymous))) }
    if chance.oneIn(40) { keys.append(("name", string("Ann"))) }
    return object(keys)
  }

  private mutating func value(of texts: [String]) -> String {
    if chance.oneIn(50) { return any(depth: 2) }
    return string(chance.oneIn(20) ? one(of: texts) : one(of: Array(texts.prefix(texts.count / 2))))
  }

  // MARK: JSON

  private mutating func any(depth: Int) -> String {
    switch Int.random(in: 0..<(depth < 3 ? 7 : 5), using: &chance) {
    case 0: one(of: ["null", "true", "false"])
    case 1: one(of: ["0", "-1.50", "1e300", "7E-2", "9007199254740993"])
    case 2: string(one(of: ["https://shop.example/a?b=c&d", "чёрный", "", "\u{1F600}", "\"\\\u{7}", "a\u{0}"]))
    case 3, 4: string(one(of: ["a", "black", "sku-1"]))
    case 5: "[" + space() + (0..<few()).map { _ in any(depth: depth + 1) }.joined(separator: "," + space()) + "]"
    default: object((0..<few()).map { ("цвет\($0)", any(depth: depth + 1)) })
    }
  }

  private mutating func object(_ members: [(String, String)]) -> String {
    var texts = members.shuffled(using: &chance).map { string($0.0) + space() + ":" + space() + $0.1 + space() }
    if chance.oneIn(100), let first = texts.first { texts.append(first) }
    return "{" + space() + texts.joined(separator: "," + space()) + "}"
  }

  private mutating func string(_ text: String) -> String {
    let isEscaped = chance.oneIn(4)
    let units = text.utf16.map { unit -> String in
      switch unit {
      case 0x22, 0x5C: return "\\" + String(decoding: [unit], as: UTF16.self)
      case 0x2F where isEscaped: return "\\/"
      case 0..<0x20: break
      // Both halves of a pair alike.
      case 0xD800...0xDFFF: break
      case 0x80...: if !isEscaped { return String(decoding: [unit], as: UTF16.self) }
      default: if !isEscaped || !chance.oneIn(8) { return String(decoding: [unit], as: UTF16.self) }
      }
      let digits = String(unit, radix: 16, uppercase: chance.oneIn(2))
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    return "\"" + units.joined() + "\""
  }

  private mutating func space() -> String { chance.oneIn(8) ? one(of: [" ", "\n", "\r\n\t", "  "]) : "" }

  private mutating func few() -> Int { Int.random(in: 0...3, using: &chance) }

  private mutating func one<Element>(of all: [Element]) -> Element {
    all[Int.random(in: 0..<all.count, using: &chance)]
  }
}
