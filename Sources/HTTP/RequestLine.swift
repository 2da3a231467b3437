/// `method SP request-target SP HTTP-version` (RFC 9112 §3), single spaces.
struct RequestLine {
  let method: String
  let target: Range<Int>
  let isHTTP10: Bool

  init(_ text: Span<UInt8>, _ range: Range<Int>) throws(RequestFailure) {
    do throws(RequestFailure) {
      try self.init(whole: text, range)
    } catch {
      try Self.checkStart(text.extracting(range))
      throw error
    }
  }

  private init(whole text: Span<UInt8>, _ range: Range<Int>) throws(RequestFailure) {
    let methodEnd = Self.firstSpace(text, range)
    let targetEnd = Self.firstSpace(text, min(methodEnd + 1, range.upperBound)..<range.upperBound)
    target = min(methodEnd + 1, range.upperBound)..<targetEnd
    guard methodEnd > range.lowerBound, targetEnd < range.upperBound, !target.isEmpty else { throw Self.malformed }
    isHTTP10 = try Self.isHTTP10(text, targetEnd + 1..<range.upperBound)
    method = try Self.method(text, range.lowerBound..<methodEnd)
  }

  private static let malformed = RequestFailure(400, "expected a request line: METHOD /path HTTP/1.1")

  private static func firstSpace(_ text: Span<UInt8>, _ range: Range<Int>) -> Int {
    var at = range.lowerBound
    while at < range.upperBound, text[at] != FieldText.space { at += 1 }
    return at
  }

  private static func isHTTP10(_ text: Span<UInt8>, _ range: Range<Int>) throws(RequestFailure) -> Bool {
    guard range.count == 8, isVersion(text, range) else { throw malformed }
    switch (text[range.lowerBound + 5], text[range.lowerBound + 7]) {
    case (UInt8(ascii: "1"), UInt8(ascii: "1")): return false
    case (UInt8(ascii: "1"), UInt8(ascii: "0")): return true
    default: throw RequestFailure(505, "expected HTTP/1.1 or HTTP/1.0")
    }
  }

  /// Whether the range is `HTTP/` DIGIT `.` DIGIT, or the start of it.
  private static func isVersion(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard range.count <= 8 else { return false }
    for offset in 0..<range.count {
      let byte = text[range.lowerBound + offset]
      let isRight =
        switch offset {
        case 0: byte == UInt8(ascii: "H")
        case 1, 2: byte == UInt8(ascii: "T")
        case 3: byte == UInt8(ascii: "P")
        case 4: byte == UInt8(ascii: "/")
        case 6: byte == UInt8(ascii: ".")
        default: FieldText.isDigit(byte)
        }
      guard isRight else { return false }
    }
    return true
  }

  private static func method(_ text: Span<UInt8>, _ range: Range<Int>) throws(RequestFailure) -> String {
    for at in range where !FieldText.isToken(text[at]) { throw malformed }
    switch String(decoding: [UInt8](copying: text, range), as: UTF8.self) {
    case "GET": return "GET"
    case "HEAD": return "HEAD"
    case "POST": return "POST"
    case "PUT": return "PUT"
    case "PATCH": return "PATCH"
    case "DELETE": return "DELETE"
    case "OPTIONS": return "OPTIONS"
    default:
      throw RequestFailure(501, "expected one of the methods GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
    }
  }

  /// Of a line that is perhaps not complete: refuses what no continuation can mend.
  static func checkStart(_ text: Span<UInt8>) throws(RequestFailure) {
    let methodEnd = firstSpace(text, 0..<text.count)
    guard methodEnd > 0 else { throw malformed }
    guard methodEnd < text.count else { return }
    let targetEnd = firstSpace(text, methodEnd + 1..<text.count)
    guard targetEnd < text.count else { return }
    let version = targetEnd + 1..<min(targetEnd + 9, text.count)
    guard targetEnd > methodEnd + 1, isVersion(text, version) else { throw malformed }
    if version.count == 8 { _ = try isHTTP10(text, version) }
  }
}
