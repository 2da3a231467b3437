/// What a request is about, decoded (RFC 9112 §3.2): `/path?query`, `http://authority/path?query`, or `*` for OPTIONS.
package struct RequestTarget {
  package let path: String
  package let query: [(name: String, value: String)]
  /// Of the absolute form.
  package let authority: String?

  init(_ text: Span<UInt8>, _ range: Range<Int>, method: String) throws(RequestFailure) {
    for at in range where text[at] <= 0x20 || text[at] >= 0x7F || text[at] == UInt8(ascii: "#") {
      throw RequestFailure(400, "expected a target of visible ASCII characters without a fragment")
    }
    if range.count == 1, text[range.lowerBound] == UInt8(ascii: "*") {
      guard method == "OPTIONS" else { throw RequestFailure(400, "expected `*` with OPTIONS only") }
      (path, query, authority) = ("*", [], nil)
      return
    }
    let (rest, authority) = try Self.takeAuthority(text, range)
    var pathEnd = rest.lowerBound
    while pathEnd < rest.upperBound, text[pathEnd] != UInt8(ascii: "?") { pathEnd += 1 }
    self.authority = authority
    path = pathEnd == rest.lowerBound ? "/" : try Self.decode(text, rest.lowerBound..<pathEnd)
    query = pathEnd < rest.upperBound ? try Self.pairs(text, pathEnd + 1..<rest.upperBound) : []
  }

  /// The target without scheme and authority, and the authority if there was one.
  private static func takeAuthority(
    _ text: Span<UInt8>, _ range: Range<Int>
  ) throws(RequestFailure) -> (Range<Int>, String?) {
    if text[range.lowerBound] == UInt8(ascii: "/") { return (range, nil) }
    let scheme = [7, 8].first { length in
      range.count > length
        && FieldText.isWord(
          text, range.lowerBound..<range.lowerBound + length, length == 7 ? "http://" : "https://")
    }
    guard let scheme else { throw RequestFailure(400, "expected a target that starts with a slash") }
    let start = range.lowerBound + scheme
    var end = start
    while end < range.upperBound, text[end] != UInt8(ascii: "/"), text[end] != UInt8(ascii: "?") { end += 1 }
    guard Authority.isValid(text, start..<end) else {
      throw RequestFailure(400, "expected a host and perhaps a port in the target")
    }
    return (end..<range.upperBound, String(decoding: [UInt8](copying: text, start..<end), as: UTF8.self))
  }

  private static func pairs(
    _ text: Span<UInt8>, _ range: Range<Int>
  ) throws(RequestFailure) -> [(name: String, value: String)] {
    var pairs: [(name: String, value: String)] = []
    var start = range.lowerBound
    while start < range.upperBound {
      var end = start
      var equals: Int?
      while end < range.upperBound, text[end] != UInt8(ascii: "&") {
        if equals == nil, text[end] == UInt8(ascii: "=") { equals = end }
        end += 1
      }
      if end > start {
        let name = try decode(text, start..<(equals ?? end), plusIsSpace: true)
        pairs.append((name, try decode(text, min((equals ?? end) + 1, end)..<end, plusIsSpace: true)))
      }
      start = end + 1
    }
    return pairs
  }

  private static func decode(
    _ text: Span<UInt8>, _ range: Range<Int>, plusIsSpace: Bool = false
  ) throws(RequestFailure) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    var at = range.lowerBound
    while at < range.upperBound {
      switch text[at] {
      case UInt8(ascii: "%"):
        guard at + 2 < range.upperBound, let high = FieldText.hexDigit(text[at + 1]),
          let low = FieldText.hexDigit(text[at + 2])
        else { throw RequestFailure(400, "expected two hexadecimal digits after % in the target") }
        let byte = high << 4 | low
        // A separator to one reader and a letter to another. In the query it is a letter to all.
        guard plusIsSpace || byte != UInt8(ascii: "/") else {
          throw RequestFailure(400, "expected no encoded slash (%2F) in the path")
        }
        bytes.append(byte)
        at += 3
      case UInt8(ascii: "+") where plusIsSpace:
        bytes.append(FieldText.space)
        at += 1
      default:
        bytes.append(text[at])
        at += 1
      }
    }
    return try string(bytes, allowsControls: plusIsSpace)
  }

  /// A query may hold a line of text, a path no control character; neither a NUL.
  private static func string(_ bytes: [UInt8], allowsControls: Bool) throws(RequestFailure) -> String {
    for byte in bytes where byte == 0 || (!allowsControls && (byte < 0x20 || byte == 0x7F)) {
      throw RequestFailure(400, "expected no control characters in the path")
    }
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw RequestFailure(400, "expected UTF-8 in the target")
    }
    return string
  }
}
