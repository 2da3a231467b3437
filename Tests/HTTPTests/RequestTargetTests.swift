import Testing

@testable import HTTP

@Suite("Targets and fields")
struct RequestTargetTests {
  private func head(_ target: String, fields: String = "") throws(RequestFailure) -> RequestHead? {
    var scanner = HeadScanner()
    let bytes = Array("GET \(target) HTTP/1.1\r\nHost: shop.example\r\n\(fields)\r\n".utf8)
    return try scanner.scan(bytes.span, limits: HTTPLimits())
  }

  @Test(
    "a target is decoded into path and query",
    arguments: [
      ("/", "/", ""), ("/a%20b/%D1%8F", "/a b/я", ""), ("/a?b=c&d=%26+e&f&=g&&h=i=j", "/a", "b=c d=& e f= =g h=i=j"),
      ("/../x//y", "/../x//y", ""), ("http://h.example?x=1", "/", "x=1"), ("HTTP://h.example:80/p", "/p", ""),
      ("/a+b?c=a%2Bb", "/a+b", "c=a+b"), ("/q\"|^`{}\\", "/q\"|^`{}\\", ""),
      ("/a?b=c%2Fd", "/a", "b=c/d"),
    ])
  func decoded(_ target: String, _ path: String, _ query: String) throws {
    let target = try #require(try head(target)).target
    #expect(target.path == path)
    #expect(target.query.map { "\($0.name)=\($0.value)" }.joined(separator: " ") == query)
  }

  @Test(
    "a target that cannot be decoded is refused",
    arguments: [
      "/%00", "/%0d%0aX:y", "/%", "/%4", "/%zz", "/%c0%af", "/%ff", "/a#b", "/é", "?a", "http://", "http:///x",
      "http://u@h/", "/?a=%00", "/?a=%ff", "/a%2Fb", "/%2f",
    ])
  func refused(_ target: String) {
    let failure = #expect(throws: RequestFailure.self) { try head(target) }
    #expect(failure?.status == 400)
  }

  @Test("the authority is the target's, else the Host field's")
  func authority() throws {
    for (text, expected) in [("http://other.example:81/x", "other.example:81"), ("/x", "shop.example")] {
      let head = try #require(try head(text))
      let request = Request(method: "GET", path: "/x", authority: head.target.authority, headers: head.headers)
      #expect(request.authority == expected)
    }
  }

  @Test("fields are found in any case, trimmed, all of them in order")
  func fields() throws {
    let headers = try #require(try head("/", fields: "Accept: \t a \t\r\nACCEPT:b\r\nX-Empty:\r\n")).headers
    #expect(headers["accept"] == "a")
    #expect(headers.all("Accept") == ["a", "b"])
    #expect(headers["x-empty"] == "")
    #expect(headers["missing"] == nil)
    #expect(headers.pairs.map(\.name) == ["Host", "Accept", "ACCEPT", "X-Empty"])
  }
}
