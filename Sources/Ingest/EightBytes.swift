/// Eight bytes of a text looked at together: in what a question answers, the high bit of each byte says yes or no.
/// Exact for ASCII; other bytes are never of a kind.
struct EightBytes {
  private let word: UInt64
  private let ascii: UInt64

  private static let ones: UInt64 = 0x0101_0101_0101_0101
  static let all = ones &* 0x80

  /// The bytes of a text from an offset on, the first one lowest. Behind `end` stands `filler`.
  @inline(__always)
  init(_ text: Span<UInt8>, at start: Int, end: Int, filler: UInt8 = UInt8(ascii: "a")) {
    let count = end &- start
    var word: UInt64 = 0
    if start &+ 8 <= text.count {
      let raw = text.bytes
      word = UInt64(littleEndian: unsafe raw.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
    } else {
      for offset in 0..<min(count, 8) { word |= UInt64(text[start + offset]) << UInt64(offset * 8) }
    }
    if count < 8 {
      let mask: UInt64 = ~(.max &<< UInt64(truncatingIfNeeded: count &* 8))
      word = word & mask | (Self.ones &* UInt64(filler)) & ~mask
    }
    self.word = word
    ascii = ~word & Self.all
  }

  /// A lower-case letter or a digit.
  @inline(__always)
  var lowerOrDigit: UInt64 { between(word, "a", "z") | between(word, "0", "9") }

  @inline(__always)
  var upper: UInt64 { between(word, "A", "Z") }

  /// A letter, a digit, `-` or `.`.
  @inline(__always)
  var common: UInt64 {
    between(word | Self.ones &* 0x20, "a", "z") | between(word, "0", "9") | between(word, "-", ".")
  }

  /// Sums stay within their bytes, as long as those are ASCII.
  @inline(__always)
  private func between(_ word: UInt64, _ first: Unicode.Scalar, _ last: Unicode.Scalar) -> UInt64 {
    let word = word & ~Self.all
    let notBelow = word &+ Self.ones &* UInt64(0x80 - first.value)
    let above = word &+ Self.ones &* UInt64(0x7F - last.value)
    return notBelow & ~above & ascii
  }
}
