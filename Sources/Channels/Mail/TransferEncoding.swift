/// How a text part travels over lines of seven bits (RFC 2045 §6): quoted-printable or base64, whichever is shorter.
/// Line ends of any kind become CRLF first; lines are at most 76 characters.
enum TransferEncoding: String, Sendable {
  case quotedPrintable = "quoted-printable"
  case base64

  static let maxLineBytes = 76

  /// The shorter one for these bytes.
  init(for bytes: [UInt8]) {
    let special = Self.lengths.withUnsafeBufferPointer { lengths in
      bytes.reduce(into: 0) { $0 &+= Int(lengths[Int($1)]) }
    }
    let quoted = bytes.count + 2 * special
    self =
      quoted + quoted / Self.maxLineBytes * 3 <= bytes.count / 3 * 4 + bytes.count / 57 * 2 ? .quotedPrintable : .base64
  }

  /// For each byte whether quoted-printable writes it as three.
  private static let lengths: [UInt8] = (0...255).map { isLiteral($0) || isLineEnd($0) ? 0 : 1 }

  func append(_ bytes: [UInt8], to output: inout [UInt8]) {
    switch self {
    case .quotedPrintable: Self.appendQuotedPrintable(bytes, to: &output)
    case .base64: Self.appendBase64Lines(bytes, to: &output)
    }
  }

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 13 || byte == 10 }

  private static func isLiteral(_ byte: UInt8) -> Bool {
    byte &- 32 < 95 && byte != UInt8(ascii: "=") || byte == 9
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

  /// RFC 2045 §6.7. White space before a line end is quoted (rule 3), a longer line is cut by a soft break (rule 5).
  private static func appendQuotedPrintable(_ bytes: [UInt8], to output: inout [UInt8]) {
    output.reserveCapacity(output.count + bytes.count * 5 / 4)
    bytes.withUnsafeBufferPointer { source in
      var column = 0
      var index = 0
      while index < source.count {
        // One column stays free for the `=` of a soft break.
        let plain = plainRun(in: source, from: index, room: maxLineBytes - 1 - column)
        if !plain.isEmpty {
          output.append(contentsOf: UnsafeBufferPointer(rebasing: source[plain]))
          column += plain.count
          index = plain.upperBound
          continue
        }
        let byte = source[index]
        if isLineEnd(byte) {
          index += byte == 13 && index + 1 < source.count && source[index + 1] == 10 ? 2 : 1
          output.appendLineEnd()
          column = 0
          continue
        }
        let isPlain = isLiteral(byte) && !(isBlank(byte) && endsLine(index, in: source))
        if column + (isPlain ? 1 : 3) > maxLineBytes - 1 {
          output.append(UInt8(ascii: "="))
          output.appendLineEnd()
          column = 0
        }
        if isPlain { output.append(byte) } else { output.appendQuoted(byte) }
        column += isPlain ? 1 : 3
        index += 1
      }
    }
  }

  /// What may stand as it is, up to so many bytes.
  private static func plainRun(in source: UnsafeBufferPointer<UInt8>, from start: Int, room: Int) -> Range<Int> {
    let limit = min(source.count, start + room)
    var end = start
    while end < limit, isLiteral(source[end]) { end += 1 }
    if end > start, isBlank(source[end - 1]), endsLine(end - 1, in: source) { end -= 1 }
    return start..<end
  }

  private static func endsLine(_ index: Int, in source: UnsafeBufferPointer<UInt8>) -> Bool {
    index + 1 == source.count || isLineEnd(source[index + 1])
  }

  private static func appendBase64Lines(_ bytes: [UInt8], to output: inout [UInt8]) {
    let canonical = withLineEnds(bytes)
    output.reserveCapacity(output.count + canonical.count * 3 / 2)
    canonical.withUnsafeBufferPointer { source in
      var start = 0
      while start < source.count {
        let end = min(start + maxLineBytes / 4 * 3, source.count)
        output.appendBase64(UnsafeBufferPointer(rebasing: source[start..<end]))
        if end < source.count { output.appendLineEnd() }
        start = end
      }
    }
  }

  /// Text under base64 has CRLF line ends as well (RFC 2045 §6.8).
  private static func withLineEnds(_ bytes: [UInt8]) -> [UInt8] {
    var canonical: [UInt8] = []
    canonical.reserveCapacity(bytes.count + bytes.count / 32 + 16)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if isLineEnd(byte) {
        if byte == 13, index < bytes.count, bytes[index] == 10 { index += 1 }
        canonical.appendLineEnd()
      } else {
        canonical.append(byte)
      }
    }
    return canonical
  }
}

extension [UInt8] {
  mutating func appendLineEnd() {
    append(13)
    append(10)
  }

  /// `=` and two upper-case hexadecimal digits.
  mutating func appendQuoted(_ byte: UInt8) {
    append(UInt8(ascii: "="))
    append(hexDigit(byte >> 4))
    append(hexDigit(byte & 15))
  }

  mutating func appendBase64(_ bytes: UnsafeBufferPointer<UInt8>) {
    var index = 0
    while index + 3 <= bytes.count {
      let triple = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
      append(base64Digit(triple >> 18))
      append(base64Digit(triple >> 12 & 63))
      append(base64Digit(triple >> 6 & 63))
      append(base64Digit(triple & 63))
      index += 3
    }
    guard index < bytes.count else { return }
    let hasTwo = index + 1 < bytes.count
    let rest = UInt32(bytes[index]) << 16 | (hasTwo ? UInt32(bytes[index + 1]) << 8 : 0)
    append(base64Digit(rest >> 18))
    append(base64Digit(rest >> 12 & 63))
    append(hasTwo ? base64Digit(rest >> 6 & 63) : UInt8(ascii: "="))
    append(UInt8(ascii: "="))
  }
}

func hexDigit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 55 + nibble }

private func base64Digit(_ value: UInt32) -> UInt8 {
  switch value {
  case 0..<26: UInt8(ascii: "A") + UInt8(value)
  case 26..<52: UInt8(ascii: "a") + UInt8(value - 26)
  case 52..<62: UInt8(ascii: "0") + UInt8(value - 52)
  case 62: UInt8(ascii: "+")
  default: UInt8(ascii: "/")
  }
}
