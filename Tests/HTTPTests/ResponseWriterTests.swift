import Testing

@testable import HTTP

@Suite("Writing answers")
struct ResponseWriterTests {
  private func text(_ response: Response, _ manner: ResponseWriter.Manner = .init()) -> String {
    var bytes: [UInt8] = []
    ResponseWriter.head(of: response, manner, date: Array("today".utf8), to: &bytes)
    return String(decoding: bytes + ResponseWriter.body(of: response, manner), as: UTF8.self)
  }

  @Test("an answer has its length and date, and nothing of the handler's framing")
  func framing() {
    let response = Response(
      status: 200, headers: [("Content-Length", "99"), ("X-A", "b"), ("transfer-encoding", "chunked"), ("DATE", "x")],
      body: Array("hi".utf8))
    #expect(text(response) == "HTTP/1.1 200 OK\r\nDate: today\r\nX-A: b\r\nContent-Length: 2\r\n\r\nhi")
  }

  @Test("an answer to HEAD has the length of the body it leaves out")
  func head() {
    let response = Response(status: 200, body: Array("hi".utf8))
    #expect(text(response, .init(isHead: true)) == "HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 2\r\n\r\n")
  }

  @Test("204 and 304 have neither body nor length", arguments: [204, 304])
  func bodiless(_ status: Int) {
    let text = text(Response(status: status, body: Array("hi".utf8)))
    #expect(text.hasSuffix("Date: today\r\n\r\n"))
  }

  @Test("a value cannot start a line of its own, a bad name is left out")
  func splitting() {
    let response = Response(
      status: 302, headers: [("Location", "/a\r\nSet-Cookie: b\u{0}"), ("Bad name", "x"), ("", "y")])
    #expect(
      text(response).hasPrefix("HTTP/1.1 302 Found\r\nDate: today\r\nLocation: /a  Set-Cookie: b \r\nContent-Length: 0")
    )
  }

  @Test("the end of the connection is announced, its life to HTTP/1.0 clients")
  func connection() {
    #expect(text(Response(status: 200), .init(closes: true)).contains("\r\nConnection: close\r\n"))
    #expect(text(Response(status: 200), .init(isHTTP10: true)).contains("\r\nConnection: keep-alive\r\n"))
    #expect(text(Response(status: 99)).hasPrefix("HTTP/1.1 500 "))
  }

  @Test(
    "dates are those of RFC 9110",
    arguments: [
      (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
      (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    ] as [(Int64, String)])
  func dates(_ second: Int64, _ text: String) {
    #expect(HTTPDate.string(second) == text)
  }
}
