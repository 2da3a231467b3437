/// Strings: RFC 8259 §7 and UTF-8 by RFC 3629 (no overlong forms, no surrogates, nothing above U+10FFFF).
extension JSONScanner {
  /// At the opening quote; ends behind the closing one. Returns whether there are escapes.
  @inline(__always)
  mutating func string(_ text: Span<UInt8>) throws(JSONError) -> Bool {
    let start = at
    at = Self.plainEnd(text, from: start + 1)
    guard at < text.count, text[at] == UInt8(ascii: "\"") else { return try rest(text, ofStringAt: start) }
    at += 1
    return false
  }

  /// Of a string that is not plain: from its first other byte on.
  @inline(never)
  private mutating func rest(_ text: Span<UInt8>, ofStringAt start: Int) throws(JSONError) -> Bool {
    var escaped = false
    while true {
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
      at = Self.plainEnd(text, from: at)
    }
  }

  /// Goes over printable ASCII but quotes and backslashes, eight bytes at a time.
  @inline(__always)
  private static func plainEnd(_ text: Span<UInt8>, from start: Int) -> Int {
    let raw = text.bytes
    var at = start
    while at &+ 8 <= text.count {
      // Not checked again: eight bytes are there.
      let word = UInt64(littleEndian: unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self))
      let special = specialBytes(word)
      guard special == 0 else { return at &+ special.trailingZeroBitCount >> 3 }
      at &+= 8
    }
    while at < text.count {
      let byte = text[at]
      guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { break }
      at &+= 1
    }
    return at
  }

  /// The high bit of the lowest byte that is a quote, a backslash, a control character or not ASCII is the lowest bit
  /// set. With bit 1 turned over the quote stands right above the control characters, and one subtraction finds both;
  /// what borrows do to the bytes above does not matter.
  @inline(__always)
  private static func specialBytes(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quoteOrControl = (word ^ (ones &* 0x02)) &- (ones &* 0x21)
    let backslash = (word ^ (ones &* 0x5C)) &- ones
    return (quoteOrControl | backslash | word) & (ones &* 0x80)
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
      if unit == 0 { escapesNUL = true }
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
