import Glibc

/// Which texts are good as what.
enum EventText {
  static let identifierBytes = 128
  static let typeBytes = 64

  /// Types that the server writes itself; nobody else may speak for it.
  static let ownPrefixes = [
    "message.", "call.", "segment.", "rfm.", "points.", "coupon.", "product.", "survey.", "contact.", "chain.",
    "enroll.", "leave.",
  ]

  static func isIdentifier(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= identifierBytes && text.utf8.allSatisfy(isIdentifierPart) && !isDots(text)
  }

  /// What no client can put into a path: it is taken for the folder, or the one above.
  static func isDots(_ text: String) -> Bool { text == "." || text == ".." }

  static func isType(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLetter(first), text.utf8.count <= typeBytes else { return false }
    return text.utf8.allSatisfy(isTypePart)
  }

  static func ownPrefix(of type: String) -> String? { ownPrefixes.first { type.hasPrefix($0) } }

  /// Whether a valid JSON text has `\u0000` in a string: databases disagree about such text.
  static func escapesNUL(_ json: ArraySlice<UInt8>) -> Bool {
    json.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return false }
      var at = 0
      // In valid JSON a backslash always begins an escape, of two bytes at least.
      while let hit = memchr(start + at, Int32(UInt8(ascii: "\\")), bytes.count - at) {
        let escape = UnsafeRawPointer(hit) - start
        if bytes[escape...].starts(with: EventText.escapedNUL) { return true }
        at = escape + 2
        if at >= bytes.count { return false }
      }
      return false
    }
  }

  private static let escapedNUL = Array(#"\u0000"#.utf8)

  /// Offset of the next line feed, or of the end.
  static func lineEnd(_ text: Span<UInt8>, from start: Int) -> Int {
    text.withUnsafeBytes { bytes in
      let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
      guard let first = rest.baseAddress, let hit = memchr(first, Int32(UInt8(ascii: "\n")), rest.count) else {
        return bytes.count
      }
      return start + (UnsafeRawPointer(hit) - first)
    }
  }

  /// Letters, digits and `. _ - : @ +`.
  static func isIdentifierPart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "+"): true
    default: isTypePart(byte)
    }
  }

  /// Letters, digits and `. _ -`.
  static func isTypePart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: isLetter(byte) || isDigit(byte)
    }
  }

  static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
