import Glibc

/// A letter as it goes behind DATA (RFC 5321 §4.5.2): with a dot more where a line begins with one, and a line of a dot
/// alone at its end.
enum SMTPData {
  /// - Parameter letter: lines that end in CRLF, the last one too.
  static func bytes(of letter: [UInt8]) -> [UInt8] {
    var data: [UInt8] = []
    data.reserveCapacity(letter.count + 64)
    var copied = 0
    while let dot = nextDot(in: letter, from: copied) {
      data += letter[copied...dot]
      data.append(UInt8(ascii: "."))
      copied = dot + 1
    }
    data += letter[copied...]
    data += ".\r\n".utf8
    return data
  }

  /// The next one that a line begins with.
  private static func nextDot(in letter: [UInt8], from start: Int) -> Int? {
    letter.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return nil }
      var at = start
      while at < bytes.count, let found = memchr(base + at, Int32(UInt8(ascii: ".")), bytes.count - at) {
        let dot = UnsafeRawPointer(found) - base
        if dot == 0 || bytes[dot - 1] == 10 { return dot }
        at = dot + 1
      }
      return nil
    }
  }
}
