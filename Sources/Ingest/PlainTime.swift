import Domain

/// A time by RFC 3339 as programs write it, `2026-03-02T09:00:00Z` or with milliseconds: read from its bytes.
enum PlainTime {
  private static let pattern = Array("dddd-dd-ddTdd:dd:dd".utf8)
  private static let digit = UInt8(ascii: "d")

  /// Nil: written in another way, or no time.
  static func read(_ text: ArraySlice<UInt8>) -> Timestamp? {
    text.withUnsafeBufferPointer { bytes in
      guard bytes.count == 20 || (bytes.count == 24 && bytes[19] == UInt8(ascii: ".")),
        bytes[bytes.count - 1] == UInt8(ascii: "Z"), isMatch(bytes),
        let year = number(bytes, 0, 4), let month = number(bytes, 5, 2), let day = number(bytes, 8, 2),
        let hour = number(bytes, 11, 2), let minute = number(bytes, 14, 2), let second = number(bytes, 17, 2),
        let fraction = bytes.count == 24 ? number(bytes, 20, 3) : 0,
        year > 0, hour < 24, minute < 60, second < 60, let date = CivilDate(year: year, month: month, day: day)
      else { return nil }
      let clock = Int64(hour * 3_600 + minute * 60 + second)
      return Timestamp(milliseconds: (date.daysSince1970 * 86_400 + clock) * 1_000 + Int64(fraction))
    }
  }

  /// Separators stand where they belong.
  private static func isMatch(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    pattern.indices.allSatisfy { pattern[$0] == digit || pattern[$0] == bytes[$0] }
  }

  private static func number(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int) -> Int? {
    var value = 0
    for byte in bytes[start..<start + count] {
      guard EventText.isDigit(byte) else { return nil }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return value
  }
}
