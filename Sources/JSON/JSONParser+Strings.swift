/// Strings: RFC 8259 §7 and UTF-8 by RFC 3629 (no overlong forms, no surrogates, nothing above U+10FFFF).
extension JSONParser {
  /// At the opening quote; ends behind the closing one. Returns whether there are escapes.
  mutating func string(_ text: Span<UInt8>) throws(JSONError) -> Bool {
    let start = at
    var escaped = false
    at += 1
    while true {
      skipPlain(text)
      guard at < text.count else { throw unexpected(text, expected: "a closing quote for the string at byte \(start)") }
      switch text[at] {
      case UInt8(ascii: "\""):
        at += 1
        return escaped
      case UInt8(ascii: "\\"):
        escaped = true
        try escape(text)
      case 0x80...0xFF: try multibyte(text)
      default: throw unexpected(text, expected: "control characters in a string as \\u00XX")
      }
    }
  }

  /// Goes over printable ASCII but quotes and backslashes, eight bytes at a time.
  private mutating func skipPlain(_ text: Span<UInt8>) {
    let raw = text.bytes
    while at + 8 <= text.count {
      let word = UInt64(littleEndian: unsafe raw.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self))
      let special = Self.specialBytes(word)
      guard special == 0 else {
        at += special.trailingZeroBitCount >> 3
        return
      }
      at += 8
    }
    while at < text.count {
      let byte = text[at]
      guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { return }
      at += 1
    }
  }

  /// The high bit of the lowest byte that is a quote, a backslash, a control character or not ASCII is the lowest bit set.
  private static func specialBytes(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quote = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5C)
    let found =
      ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | ((word &- ones &* 0x20) & ~word) | word
    return found & (ones &* 0x80)
  }

  private mutating func escape(_ text: Span<UInt8>) throws(JSONError) {
    let start = at
    at += 1
    guard at < text.count else { throw unexpected(text, expected: "an escape") }
    switch text[at] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      at += 1
    case UInt8(ascii: "u"):
      let unit = try unit(text)
      guard unit & 0xF800 == 0xD800 else { return }
      try surrogates(text, high: unit, from: start)
    default: throw unexpected(text, expected: "one of \" \\ / b f n r t u after a backslash")
    }
  }

  /// Behind the first `\uXXXX` of what has to be a pair (RFC 8259 §7).
  private mutating func surrogates(_ text: Span<UInt8>, high: UInt16, from start: Int) throws(JSONError) {
    if high < 0xDC00, at + 1 < text.count, text[at] == UInt8(ascii: "\\"), text[at + 1] == UInt8(ascii: "u") {
      at += 1
      if try unit(text) & 0xFC00 == 0xDC00 { return }
    }
    at = start
    throw fail(text, expected: "surrogates in pairs", got: "a lone \\u" + String(high, radix: 16, uppercase: true))
  }

  /// At the `u`; ends behind its four digits.
  private mutating func unit(_ text: Span<UInt8>) throws(JSONError) -> UInt16 {
    at += 1
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard at < text.count, let digit = JSONText.hexDigit(text[at]) else {
        throw unexpected(text, expected: "four hexadecimal digits after \\u")
      }
      unit = unit << 4 | UInt16(digit)
      at += 1
    }
    return unit
  }

  private mutating func multibyte(_ text: Span<UInt8>) throws(JSONError) {
    let length = JSONText.utf8Length(text, at)
    guard length > 0 else { throw unexpected(text, expected: "UTF-8") }
    at += length
  }
}
