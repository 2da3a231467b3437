/// What the fields of a head say about the message's length and the connection. Strict where two readers could disagree:
/// that is how one request is smuggled in another (RFC 9112 §6.1, §6.3, §11.2).
struct Framing {
  enum Body: Equatable {
    case none
    case bytes(Int)
    case chunked
  }

  private var contentLength: Int?
  private var hosts = 0
  private var authorizations = 0
  private var codings = 0
  private var chunkedCodings = 0
  private var endsChunked = false
  private var hasTransferEncoding = false
  private(set) var saysClose = false
  private(set) var saysKeepAlive = false
  private(set) var expectsContinue = false

  var body: Body {
    hasTransferEncoding ? .chunked : contentLength.map { $0 == 0 ? .none : .bytes($0) } ?? .none
  }

  mutating func note(_ text: Span<UInt8>, _ field: Headers.Field) throws(RequestFailure) {
    let name = Int(field.name.lowerBound)..<Int(field.name.upperBound)
    let value = Int(field.value.lowerBound)..<Int(field.value.upperBound)
    switch name.count {
    case 4 where FieldText.isWord(text, name, "host"): try noteHost(text, value)
    case 6 where FieldText.isWord(text, name, "expect"): try noteExpect(text, value)
    case 10 where FieldText.isWord(text, name, "connection"): noteConnection(text, value)
    case 13 where FieldText.isWord(text, name, "authorization"): try noteAuthorization()
    case 14 where FieldText.isWord(text, name, "content-length"): try noteLength(text, value)
    case 17 where FieldText.isWord(text, name, "transfer-encoding"): noteCodings(text, value)
    default: break
    }
  }

  /// At the end of the head: what only all fields together can tell.
  func check(isHTTP10: Bool) throws(RequestFailure) {
    guard hosts == 1 || (isHTTP10 && hosts == 0) else { throw RequestFailure(400, "expected a Host field") }
    guard hasTransferEncoding else { return }
    guard !isHTTP10 else { throw RequestFailure(400, "expected no Transfer-Encoding in HTTP/1.0") }
    guard contentLength == nil else {
      throw RequestFailure(400, "expected Content-Length or Transfer-Encoding, got both")
    }
    guard codings > 0, chunkedCodings <= 1, chunkedCodings == 0 || endsChunked else {
      throw RequestFailure(400, "expected Transfer-Encoding to be chunked")
    }
    guard codings == 1, chunkedCodings == 1 else {
      throw RequestFailure(501, "expected Transfer-Encoding to be chunked and nothing else")
    }
  }

  // MARK: Fields

  private mutating func noteHost(_ text: Span<UInt8>, _ value: Range<Int>) throws(RequestFailure) {
    hosts += 1
    guard hosts == 1 else { throw RequestFailure(400, "expected one Host field, got two") }
    guard Authority.isValid(text, value) else {
      throw RequestFailure(400, "expected Host to be a host and perhaps a port")
    }
  }

  /// Of two a proxy may have looked at the other one.
  private mutating func noteAuthorization() throws(RequestFailure) {
    authorizations += 1
    guard authorizations == 1 else { throw RequestFailure(400, "expected one Authorization field, got two") }
  }

  /// Anything but `100-continue` is something we cannot meet (RFC 9110 §10.1.1).
  private mutating func noteExpect(_ text: Span<UInt8>, _ value: Range<Int>) throws(RequestFailure) {
    guard FieldText.isWord(text, value, "100-continue") else {
      throw RequestFailure(417, "expected no expectation but 100-continue")
    }
    expectsContinue = true
  }

  private mutating func noteConnection(_ text: Span<UInt8>, _ value: Range<Int>) {
    var close = false
    var keepAlive = false
    FieldText.elements(text, value) { element in
      if FieldText.isWord(text, element, "close") { close = true }
      if FieldText.isWord(text, element, "keep-alive") { keepAlive = true }
    }
    saysClose = saysClose || close
    saysKeepAlive = saysKeepAlive || keepAlive
  }

  /// One line of digits: no sign, no list, no second line even if equal.
  private mutating func noteLength(_ text: Span<UInt8>, _ value: Range<Int>) throws(RequestFailure) {
    guard contentLength == nil else { throw RequestFailure(400, "expected one Content-Length, got two") }
    guard !value.isEmpty else { throw RequestFailure(400, "expected Content-Length to be a number, got nothing") }
    var length = 0
    for at in value {
      guard FieldText.isDigit(text[at]) else { throw RequestFailure(400, "expected Content-Length to be digits only") }
      let (shifted, overflow) = length.multipliedReportingOverflow(by: 10)
      let (sum, overflowToo) = shifted.addingReportingOverflow(Int(text[at] & 0x0F))
      guard !overflow, !overflowToo else { throw RequestFailure(400, "expected Content-Length to be below 2⁶³") }
      length = sum
    }
    contentLength = length
  }

  private mutating func noteCodings(_ text: Span<UInt8>, _ value: Range<Int>) {
    hasTransferEncoding = true
    var all = 0
    var chunked = 0
    var last = false
    var empty = false
    FieldText.elements(text, value) { element in
      last = FieldText.isWord(text, element, "chunked")
      all += 1
      chunked += last ? 1 : 0
      empty = empty || element.isEmpty
    }
    codings += all
    // An empty element next to `chunked` is one more reason for two readers to disagree: counted as a second one.
    chunkedCodings += empty ? 2 : chunked
    endsChunked = last
  }
}
