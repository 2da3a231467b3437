import Testing

@testable import HTTP

@Suite("Parsing requests")
struct RequestParserTests {
  private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

  private static func post(_ fields: String, _ body: String = "") -> String { BadRequests.post(fields, body) }
  private static func xs(_ count: Int) -> String { BadRequests.xs(count) }

  private static let stream =
    "\r\nPOST /v1/events HTTP/1.1\r\nHost: shop.example:8080\r\nContent-Length: 5\r\nX-Long: "
    + String(repeating: "v", count: 60) + "\r\n\r\nhello"
    + post("Transfer-Encoding: chunked", "5;a=\"b;\\\"\"\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n") + get
    + "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n" + "PUT http://b.example/y?z HTTP/1.1\r\nHost: a\r\n\r\n"

  private static let requests = ["POST /v1/events hello", "POST /x hello world", "GET / ", "OPTIONS * ", "PUT /y "]

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

  @Test("what must be refused is, with its own status", arguments: BadRequests.all)
  func refused(_ text: String, _ status: Int) {
    #expect(Parsing.status(text) == status, "\(text.prefix(200).debugDescription)")
  }

  @Test("what is as long as it may be is taken, one byte more is refused")
  func longest() {
    var limits = HTTPLimits()
    limits.fields = 5
    let line = "GET / HTTP/1.1\r\nHost: a\r\n"
    let target = "GET /" + Self.xs(limits.lineBytes - 14)
    let field = "X: " + Self.xs(limits.lineBytes - 3)
    let head = line + "\(field)\r\nX: " + Self.xs(limits.headBytes - line.utf8.count - field.utf8.count - 7)
    for (text, more, rest, status) in [
      (target, "x", " HTTP/1.1\r\nHost: a\r\n\r\n", 414), (line + field, "x", "\r\n\r\n", 431),
      (head, "x", "\r\n\r\n", 431),
      (line + String(repeating: "A: b\r\n", count: 4), "C: d\r\n", "\r\n", 431),
    ] {
      #expect(Parsing.status(text + rest, limits: limits) == nil)
      #expect(Parsing.status(text + more + rest, limits: limits) == status)
    }
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
