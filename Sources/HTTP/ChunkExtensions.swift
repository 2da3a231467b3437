/// `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )` of RFC 9112 §7.1.1. Nobody asks what they say.
struct ChunkExtensions {
  private var rest: ArraySlice<UInt8>

  static func areValid(_ text: ArraySlice<UInt8>) -> Bool {
    var extensions = ChunkExtensions(rest: text)
    while !extensions.rest.isEmpty {
      guard extensions.takeOne() else { return false }
    }
    return true
  }

  private mutating func takeOne() -> Bool {
    skipSpace()
    guard take(UInt8(ascii: ";")) else { return false }
    skipSpace()
    guard takeToken() else { return false }
    let behindName = rest
    skipSpace()
    guard take(UInt8(ascii: "=")) else {
      // Space may stand before the next semicolon, not at the end of the line.
      rest = rest.isEmpty ? behindName : rest
      return true
    }
    skipSpace()
    return rest.first == UInt8(ascii: "\"") ? takeQuoted() : takeToken()
  }

  private mutating func skipSpace() {
    rest = rest.drop { FieldText.isSpace($0) }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard rest.first == byte else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func takeToken() -> Bool {
    let behind = rest.drop { FieldText.isToken($0) }
    defer { rest = behind }
    return behind.startIndex > rest.startIndex
  }

  private mutating func takeQuoted() -> Bool {
    rest.removeFirst()
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\"") { return true }
      if byte == UInt8(ascii: "\\"), rest.popFirst() == nil { return false }
    }
    return false
  }
}
