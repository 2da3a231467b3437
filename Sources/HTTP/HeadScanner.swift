/// Reads a head line by line as it comes in; every byte is looked at once. Offsets count from the first byte of the head.
struct HeadScanner {
  private var at = 0
  private var lineStart = 0
  private var line: RequestLine?
  private var fields: [Headers.Field] = []
  private var framing = Framing()

  /// Bytes looked at so far; the length of the head when there is one.
  var scanned: Int { at }

  /// The request line is there, and says so.
  var isHead: Bool { line?.method == "HEAD" }

  /// Nil while the head is not complete.
  mutating func scan(_ text: Span<UInt8>, limits: HTTPLimits) throws(RequestFailure) -> RequestHead? {
    while try findLineEnd(text, limits: limits) {
      let range = lineStart..<at
      at += 2
      lineStart = at
      guard let line else {
        self.line = try RequestLine(text, range)
        fields.reserveCapacity(12)
        continue
      }
      if range.isEmpty { return try head(text, line) }
      try field(text, range, limits: limits)
    }
    return nil
  }

  private func head(_ text: Span<UInt8>, _ line: RequestLine) throws(RequestFailure) -> RequestHead {
    try framing.check(isHTTP10: line.isHTTP10)
    let target = try RequestTarget(text, line.target, method: line.method)
    let bytes = [UInt8](copying: text, 0..<at)
    return RequestHead(
      method: line.method, target: target, headers: Headers(head: bytes, fields: fields), framing: framing,
      isHTTP10: line.isHTTP10)
  }

  // MARK: Lines

  /// Moves `at` to the CR of the next CRLF. Bare CR, bare LF and control characters end it all (RFC 9112 §2.2).
  private mutating func findLineEnd(_ text: Span<UInt8>, limits: HTTPLimits) throws(RequestFailure) -> Bool {
    while true {
      skipPlain(text)
      try checkLength(text, limits)
      guard at < text.count else {
        try checkIncomplete(text)
        return false
      }
      switch text[at] {
      case FieldText.cr:
        guard at + 1 < text.count else {
          try checkIncomplete(text.extracting(..<at))
          return false
        }
        guard text[at + 1] == FieldText.lf else { throw first(text, RequestFailure(400, "expected LF after CR")) }
        return true
      case FieldText.lf: throw first(text, RequestFailure(400, "expected CR before LF"))
      case FieldText.tab where line != nil: at += 1
      default: throw first(text, RequestFailure(400, "expected no control characters in the head"))
      }
    }
  }

  /// Goes over bytes that are no control characters, eight at a time.
  private mutating func skipPlain(_ text: Span<UInt8>) {
    let ones: UInt64 = 0x0101_0101_0101_0101
    while at + 8 <= text.count {
      let word = text.word(at: at)
      let delete = word ^ (ones &* 0x7F)
      let control = (((word &- ones &* 0x20) & ~word) | ((delete &- ones) & ~delete)) & (ones &* 0x80)
      guard control == 0 else {
        at += control.trailingZeroBitCount >> 3
        return
      }
      at += 8
    }
    while at < text.count, text[at] >= 0x20, text[at] != 0x7F { at += 1 }
  }

  private func checkLength(_ text: Span<UInt8>, _ limits: HTTPLimits) throws(RequestFailure) {
    let most = min(lineStart + limits.lineBytes, limits.headBytes)
    guard at > most else { return }
    throw first(
      text.extracting(..<most),
      line == nil
        ? RequestFailure(414, "expected a request line of at most \(limits.lineBytes) bytes")
        : RequestFailure(
          431, "expected fields of at most \(limits.lineBytes) bytes each and \(limits.headBytes) together"))
  }

  /// Of two mistakes in a line the first one counts: a client that sends byte by byte hears of the same.
  private func first(_ text: Span<UInt8>, _ failure: RequestFailure) -> RequestFailure {
    do throws(RequestFailure) {
      try checkIncomplete(text.extracting(..<min(at, text.count)))
      return failure
    } catch {
      return error
    }
  }

  /// What is wrong already though the line goes on.
  private func checkIncomplete(_ text: Span<UInt8>) throws(RequestFailure) {
    guard lineStart < text.count else { return }
    if line == nil {
      try RequestLine.checkStart(text)
    } else if FieldText.isSpace(text[lineStart]) {
      throw Self.folded
    }
  }

  // MARK: Fields

  private static let folded = RequestFailure(400, "expected no space at the start of a field line")

  private mutating func field(
    _ text: Span<UInt8>, _ range: Range<Int>, limits: HTTPLimits
  ) throws(RequestFailure) {
    let field = try Self.split(text, range)
    guard fields.count < limits.fields else { throw RequestFailure(431, "expected at most \(limits.fields) fields") }
    fields.append(field)
    try framing.note(text, field)
  }

  /// `name ":" OWS value OWS`, nothing before the colon (RFC 9112 §5.1).
  static func split(_ text: Span<UInt8>, _ range: Range<Int>) throws(RequestFailure) -> Headers.Field {
    var colon = range.lowerBound
    while colon < range.upperBound, FieldText.isToken(text[colon]) { colon += 1 }
    guard colon > range.lowerBound, colon < range.upperBound, text[colon] == UInt8(ascii: ":") else {
      if FieldText.isSpace(text[range.lowerBound]) { throw folded }
      throw RequestFailure(400, "expected a field name and a colon right behind it")
    }
    let value = FieldText.trimmed(text, colon + 1..<range.upperBound)
    return Headers.Field(
      name: Int32(truncatingIfNeeded: range.lowerBound)..<Int32(truncatingIfNeeded: colon),
      value: Int32(truncatingIfNeeded: value.lowerBound)..<Int32(truncatingIfNeeded: value.upperBound))
  }
}
