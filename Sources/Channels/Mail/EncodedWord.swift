/// Encoded words (RFC 2047): `=?UTF-8?B?…?=` with base64, `=?UTF-8?Q?…?=` where most of the text is ASCII.
enum EncodedWord {
  /// RFC 2047 §2: at most 75 characters a word, delimiters included.
  static let maxBytes = 75
  private static let frame = "=?UTF-8?B??=".utf8.count

  /// The words of `text`, to be set with white space between them; readers drop it again. No word ends inside a code
  /// point. The first takes at most `firstRoom` bytes, so that it fits on a line begun already.
  static func words(of text: String, firstRoom: Int) -> [[UInt8]] {
    let bytes = Array(text.utf8)
    let quotedBytes = bytes.reduce(0) { $0 + quotedLength($1) }
    let isQuoted = quotedBytes <= (bytes.count + 2) / 3 * 4
    var words: [[UInt8]] = []
    var start = 0
    var room = min(maxBytes, firstRoom) - frame
    while start < bytes.count {
      let end = wordEnd(in: bytes, from: start, room: room, isQuoted: isQuoted)
      words.append(isQuoted ? quoted(bytes[start..<end]) : base64(bytes[start..<end]))
      start = end
      room = maxBytes - frame
    }
    return words
  }

  /// As many whole code points as fit into `room` encoded bytes, at least one.
  private static func wordEnd(in bytes: [UInt8], from start: Int, room: Int, isQuoted: Bool) -> Int {
    var end = start
    var used = 0
    while end < bytes.count {
      var next = end + 1
      while next < bytes.count, bytes[next] & 0xC0 == 0x80 { next += 1 }
      used =
        isQuoted
        ? used + bytes[end..<next].reduce(0) { $0 + quotedLength($1) }
        : (next - start + 2) / 3 * 4
      if used > room, end > start { break }
      end = next
    }
    return end
  }

  /// RFC 2047 §5 (3): what may stand for itself even inside a display name.
  private static func isQuotedAsItself(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!*+-/ ".utf8.contains(byte)
    }
  }

  private static func quotedLength(_ byte: UInt8) -> Int { isQuotedAsItself(byte) ? 1 : 3 }

  private static func quoted(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var word = Array("=?UTF-8?Q?".utf8)
    for byte in bytes {
      if byte == UInt8(ascii: " ") {
        word.append(UInt8(ascii: "_"))
      } else if isQuotedAsItself(byte) {
        word.append(byte)
      } else {
        word.appendQuoted(byte)
      }
    }
    word += "?=".utf8
    return word
  }

  private static func base64(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var word = Array("=?UTF-8?B?".utf8)
    bytes.withUnsafeBufferPointer { word.appendBase64($0) }
    word += "?=".utf8
    return word
  }
}
