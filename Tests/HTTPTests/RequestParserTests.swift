import Testing

@testable import HTTP

@Suite("Parsing requests")
struct RequestParserTests {
  private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

  private static func post(_ fields: String, _ body: String = "") -> String {
    "POST /x HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
  }

  private static let stream =
    "\r\nPOST /v1/events HTTP/1.1\r\nHost: shop.example:8080\r\nContent-Length: 5\r\nX-Long: "
    + String(repeating: "v", count: 60) + "\r\n\r\nhello"
    + post("Transfer-Encoding: chunked", "5;a=\"b;\\\"\"\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n") + get
    + "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n" + "PUT http://b.example/y?z HTTP/1.1\r\nHost: a\r\n\r\n"

  private static let requests = ["POST /v1/events hello", "POST /x hello world", "GET / ", "OPTIONS * ", "PUT /y "]

  private static func xs(_ count: Int) -> String { String(repeating: "x", count: count) }

  private static let framings: [(String, Int)] = [
    (post("Content-Length: 5\r\nTransfer-Encoding: chunked"), 400),
    (post("Content-Length: 5\r\nContent-Length: 5"), 400),
    (post("Content-Length: 5\r\nContent-Length: 6"), 400), (post("Content-Length: +5"), 400),
    (post("Content-Length: -1"), 400), (post("Content-Length: 5 5"), 400), (post("Content-Length: 5, 5"), 400),
    (post("Content-Length: 0x5"), 400), (post("Content-Length: ٥"), 400), (post("Content-Length:"), 400),
    (post("Content-Length: 100000000000000000000"), 400), (post("Content-Length: 9223372036854775807"), 413),
    (post("Transfer-Encoding: xchunked"), 501), (post("Transfer-Encoding: chunked, gzip"), 400),
    (post("Transfer-Encoding: gzip, chunked"), 501), (post("Transfer-Encoding: chunked, chunked"), 400),
    (post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400),
    (post("Transfer-Encoding: , chunked"), 400),
    (post("Transfer-Encoding:"), 400), (post("Transfer-Encoding: identity"), 501),
    ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
  ]

  private static let badChunks: [(String, Int)] = [
    ("0_2e\r\n", 400), ("-1\r\n", 400), ("+1\r\n", 400), ("FFFFFFFFFFFFFFFF0\r\n", 400), ("5\nhello\r\n", 400),
    ("\r\n", 400), (" 5\r\n", 400), ("5 \r\n", 400), ("5;\r\n", 400), ("5;=b\r\n", 400), ("5;a=\"b\r\n", 400),
    ("FFFFFFFFFFFFFFFF\r\n", 413), ("800001\r\n", 413), ("5\r\nhelloX", 400), ("5\r\nhello\nX", 400),
    ("5;" + xs(65_536) + "\r\n", 400), ("0\r\nHost: b\r\n\r\n", 400),
    ("0\r\nContent-Length: 1\r\n\r\n", 400), ("0\r\nbad name: 1\r\n\r\n", 400), ("0\r\n a: 1\r\n\r\n", 400),
    (String(repeating: "1;\(xs(250))\r\na\r\n", count: 40), 400),
    ("0\r\n" + String(repeating: "a: b\r\n", count: 101), 431),
  ]

  private static let badHeads: [(String, Int)] = [
    ("GET / HTTP/1.1\nHost: a\n\n", 400), ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400), ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: user@h\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: h/p\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h:port\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
    ("GET /\r\n", 400), ("GET / RTTP/1.1\r", 400), ("GET / HTTP/1.2\r\n", 505), ("GET / HTTP/2.0\r\n", 505),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("GET / http/1.1\r\n", 400), ("GET  / HTTP/1.1\r\n", 400), ("GET / HTTP/1.1 \r\n", 400),
    (" GET / HTTP/1.1\r\n", 400),
    ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("get / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501), ("CONNECT h:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("\u{16}\u{3}\u{1}", 400), ("GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n", 417),
  ]

  private static let tooLong: [(String, Int)] = [
    ("GET /" + xs(100_000), 414), ("GET / HTTP/1.1\r\nX: " + xs(100_000), 431),
    ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "a: b\r\n", count: 10_000), 431),
    ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "a: \(xs(8_000))\r\n", count: 3), 431),
    (post("Content-Length: 8388609"), 413),
  ]

  @Test("requests are the same wherever their bytes are cut")
  func cuts() {
    let bytes = Array(Self.stream.utf8)
    #expect(Parsing.lines([bytes]) == Self.requests)
    #expect(Parsing.lines(bytes.map { [$0] }) == Self.requests)
    for cut in bytes.indices { #expect(Parsing.lines([Array(bytes[..<cut]), Array(bytes[cut...])]) == Self.requests) }
  }

  @Test("every prefix gives the requests that are complete in it, and no error")
  func prefixes() {
    let bytes = Array(Self.stream.utf8)
    for length in bytes.indices {
      let lines = Parsing.lines([Array(bytes[..<length])])
      #expect(lines == Array(Self.requests[..<lines.count]))
    }
  }

  @Test("any byte put anywhere gives requests or a refusal, never a trap, and the same at once and byte by byte")
  func mutations() {
    let bytes = Array((Self.post("Transfer-Encoding: chunked", "5;a=b\r\nhello\r\n0\r\nT: 1\r\n\r\n") + Self.get).utf8)
    for position in bytes.indices {
      for byte in [0, 9, 10, 13, 32, 34, 37, 44, 47, 48, 57, 58, 59, 70, 103, 127, 128, 255] as [UInt8] {
        var changed = bytes
        changed[position] = byte
        #expect(Parsing.lines([changed]) == Parsing.lines(changed.map { [$0] }))
      }
    }
  }

  @Test(
    "of two mistakes in a line the first one is named, however the line comes",
    arguments: [
      ("GET / HTTP/2.0 \u{1}\r\n", 505), ("GET / HTTP/2.0X\r\n", 505), ("GET / HTTP/3.0" + xs(9_000), 505),
      (" GET /" + xs(9_000), 400), ("GET / HTTP/1.1\r\n " + xs(9_000), 400), ("GET / \u{1}" + xs(9_000), 400),
    ] as [(String, Int)])
  func twoMistakes(_ text: String, _ status: Int) {
    #expect(Parsing.status(text) == status)
    #expect(Parsing.lines([Array(text.utf8)]) == Parsing.lines(text.utf8.map { [$0] }))
  }

  @Test("framing that two readers could understand differently is refused", arguments: framings)
  func framing(_ text: String, _ status: Int) {
    #expect(Parsing.status(text) == status)
  }

  @Test("bad chunks are refused", arguments: badChunks)
  func chunks(_ body: String, _ status: Int) {
    #expect(Parsing.status(Self.post("Transfer-Encoding: chunked", body)) == status)
  }

  @Test("bad heads are refused", arguments: badHeads)
  func heads(_ text: String, _ status: Int) {
    #expect(Parsing.status(text) == status)
  }

  @Test("what is too long has its own answer, at once", arguments: tooLong)
  func limits(_ text: String, _ status: Int) {
    #expect(Parsing.status(text) == status)
  }

  @Test("the largest body is taken, chunked or not")
  func largest() {
    var limits = HTTPLimits()
    limits.bodyBytes = 10
    #expect(Parsing.lines(Self.post("Content-Length: 10", "0123456789"), limits: limits) == ["POST /x 0123456789"])
    let chunks = "6\r\n012345\r\n4\r\n6789\r\n0\r\n\r\n"
    #expect(Parsing.lines(Self.post("Transfer-Encoding: chunked", chunks), limits: limits) == ["POST /x 0123456789"])
    let tooMuch = "6\r\n012345\r\n5\r\n6789"
    #expect(Parsing.status(Self.post("Transfer-Encoding: chunked", tooMuch), limits: limits) == 413)
  }

  @Test("nothing is read behind a request that closes, nor behind an error")
  func ending() {
    let closing = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n"
    #expect(Parsing.lines(closing + Self.get) == ["GET /a "])
    #expect(Parsing.lines("GET /a HTTP/1.0\r\n\r\n" + Self.get) == ["GET /a "])
    let kept = "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    #expect(Parsing.lines(kept + Self.get) == ["GET /a ", "GET / "])
    var parser = RequestParser(limits: HTTPLimits())
    parser.append(Array("bad\n".utf8)[...])
    let first = Parsing.failure(parser.next())
    parser.append(Array(Self.get.utf8)[...])
    #expect(first != nil && Parsing.failure(parser.next()) == first)
  }

  @Test("an expectation is asked for once, and not when the body is there already")
  func expectation() {
    let head = Array(Self.post("Content-Length: 2\r\nExpect: 100-Continue").utf8)
    #expect(Self.continues(after: head) == [true, false])
    #expect(Self.continues(after: head + [1]) == [false, false])
  }

  private static func continues(after bytes: [UInt8]) -> [Bool] {
    var parser = RequestParser(limits: HTTPLimits())
    parser.append(bytes[...])
    _ = parser.next()
    return [parser.takeContinue(), parser.takeContinue()]
  }
}
