/// `uri-host [":" port]` of RFC 3986 §3.2, without userinfo and narrower: one name or address, never empty, no list.
enum Authority {
  static func isValid(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard !range.isEmpty else { return false }
    if text[range.lowerBound] == UInt8(ascii: "[") { return isBracketed(text, range) }
    var hostEnd = range.lowerBound
    while hostEnd < range.upperBound, text[hostEnd] != UInt8(ascii: ":") {
      guard isHostByte(text[hostEnd]) else { return false }
      hostEnd += 1
    }
    return hostEnd > range.lowerBound && isPort(text, hostEnd..<range.upperBound)
  }

  /// An IP literal.
  private static func isBracketed(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var at = range.lowerBound + 1
    while at < range.upperBound, text[at] != UInt8(ascii: "]") {
      guard FieldText.hexDigit(text[at]) != nil || text[at] == UInt8(ascii: ":") || text[at] == UInt8(ascii: ".") else {
        return false
      }
      at += 1
    }
    return at > range.lowerBound + 1 && at < range.upperBound && isPort(text, at + 1..<range.upperBound)
  }

  /// Nothing, or a colon and at most five digits.
  private static func isPort(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard !range.isEmpty else { return true }
    guard text[range.lowerBound] == UInt8(ascii: ":"), range.count <= 6 else { return false }
    for at in range.dropFirst() where !FieldText.isDigit(text[at]) { return false }
    return true
  }

  /// Letters, digits, and of the marks of RFC 3986 all but the comma.
  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "%"),
      UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
      UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: "="):
      true
    default: false
    }
  }
}
