/// The alphabet of heads: RFC 9110 §5.6 and RFC 9112 §2.2.
enum FieldText {
  static let cr = UInt8(ascii: "\r")
  static let lf = UInt8(ascii: "\n")
  static let space = UInt8(ascii: " ")
  static let tab = UInt8(ascii: "\t")

  /// `!#$%&'*+-.^_`|~`, digits and letters, as bits.
  private static let tokenLow: UInt64 = 0x03FF_6CFA_0000_0000
  private static let tokenHigh: UInt64 = 0x57FF_FFFF_C7FF_FFFE

  static func isToken(_ byte: UInt8) -> Bool {
    guard byte < 0x80 else { return false }
    return (byte < 0x40 ? tokenLow : tokenHigh) >> UInt64(byte & 0x3F) & 1 != 0
  }

  static func isToken(_ text: some Collection<UInt8>) -> Bool {
    !text.isEmpty && text.allSatisfy { isToken($0) }
  }

  static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  static func isSpace(_ byte: UInt8) -> Bool { byte == space || byte == tab }

  static func lower(_ byte: UInt8) -> UInt8 {
    byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
  }

  static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
    default: nil
    }
  }

  /// Whether a range of the text is this word, letters in any case. The word is written in lower case.
  static func isWord(_ text: Span<UInt8>, _ range: Range<Int>, _ word: StaticString) -> Bool {
    text.isWord(range, word)
  }

  /// The range without spaces and tabs around.
  static func trimmed(_ text: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, isSpace(text[start]) { start += 1 }
    while end > start, isSpace(text[end - 1]) { end -= 1 }
    return start..<end
  }

  /// The elements of a comma-separated list, empty ones too, without space around.
  static func elements(_ text: Span<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
    var start = range.lowerBound
    for at in range where text[at] == UInt8(ascii: ",") {
      body(trimmed(text, start..<at))
      start = at + 1
    }
    body(trimmed(text, start..<range.upperBound))
  }
}
