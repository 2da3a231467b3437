import Domain

/// A time by RFC 3339 as programs write it, `2026-03-02T09:00:00Z` or with milliseconds: read from its bytes.
enum PlainTime {
  /// Nil: written in another way, or no time.
  static func read(_ text: Swift.Span<UInt8>) -> Timestamp? {
    guard text.count == 20 || (text.count == 24 && text[19] == UInt8(ascii: ".")),
      text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"), text[10] == UInt8(ascii: "T"),
      text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"), text[text.count - 1] == UInt8(ascii: "Z"),
      let year = number(text, 0, 4), let month = number(text, 5, 2), let day = number(text, 8, 2),
      let hour = number(text, 11, 2), let minute = number(text, 14, 2), let second = number(text, 17, 2),
      let fraction = text.count == 24 ? number(text, 20, 3) : 0,
      year > 0, hour < 24, minute < 60, second < 60, let date = CivilDate(year: year, month: month, day: day)
    else { return nil }
    let clock = Int64(hour * 3_600 + minute * 60 + second)
    return Timestamp(milliseconds: (date.daysSince1970 * 86_400 + clock) * 1_000 + Int64(fraction))
  }

  @inline(__always)
  private static func number(_ text: Swift.Span<UInt8>, _ start: Int, _ count: Int) -> Int? {
    var value = 0
    for at in start..<start + count {
      let digit = text[at] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int(digit)
    }
    return value
  }
}
