/// Requests that must be refused, each with its status: of those kinds with which one request is smuggled in another, with
/// which parsers were broken, and which no client sends.
enum BadRequests {
  static let all = framings + chunks + heads + targets + lines + hosts + tooLong

  static func post(_ fields: String, _ body: String = "") -> String {
    "POST /x HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
  }

  static func xs(_ count: Int) -> String { String(repeating: "x", count: count) }

  private static func get(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n" }
  private static func field(_ line: String) -> String { "GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n" }
  private static func host(_ value: String) -> String { "GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n" }
  private static func chunked(_ body: String) -> String { post("Transfer-Encoding: chunked", body) }

  /// Two readers could disagree where the body ends.
  static let framings: [(String, Int)] =
    [
      "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
      "Content-Length: 0\r\nTransfer-Encoding: chunked", "Content-Length: 5\r\nContent-Length: 5",
      "Content-Length: 5\r\ncontent-length: 6", "Content-Length: 5\r\nContent-Length: ", "Content-Length: +5",
      "Content-Length: -1", "Content-Length: -0", "Content-Length: 5 5", "Content-Length: 5\t5", "Content-Length: 5, 5",
      "Content-Length: 5,", "Content-Length: 5;", "Content-Length: 5.0", "Content-Length: 1e1", "Content-Length: 0x5",
      "Content-Length: 0_5", "Content-Length: 5h", "Content-Length: ٥", "Content-Length: \"5\"", "Content-Length:",
      "Content-Length: \u{B}5", "Content-Length : 5", "Content-Length: 5\r\n 6",
      "Content-Length: 100000000000000000000",
      "Content-Length: 18446744073709551621", "Transfer-Encoding: chunked, gzip", "Transfer-Encoding: chunked, chunked",
      "Transfer-Encoding: chunked, identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: x", "Transfer-Encoding: , chunked",
      "Transfer-Encoding: chunked,", "Transfer-Encoding:", "Transfer-Encoding : chunked",
      "Transfer-Encoding: \u{B}chunked", "Transfer-Encoding: chunked\u{0}", "Transfer-Encoding:\r\n chunked",
      "Authorization: a\r\nauthorization: a", "X: x\r\n Transfer-Encoding: chunked", "X: x\nTransfer-Encoding: chunked",
      "X: x\rTransfer-Encoding: chunked",
    ].map { (post($0), 400) }
    + [
      "xchunked", "chunkedx", "gzip, chunked", "cow, chunked", "x\r\nTransfer-Encoding: chunked", "identity",
      "chunked;q=1", "\"chunked\"", "'chunked'", "[chunked]", "chunKed\u{C9}",
    ].map { (post("Transfer-Encoding: " + $0), 501) }
    + [
      (post("Content-Length: 9223372036854775807"), 413), (post("Content-Length: 8388609"), 413),
      ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
      ("POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ]

  static let chunks: [(String, Int)] =
    [
      "0_2e\r\n", "-1\r\n", "+1\r\n", "0x5\r\nhello", "5h\r\nhello", "5,5\r\n", "5.\r\n", "FFFFFFFFFFFFFFFF0\r\n",
      "10000000000000000\r\n", "00000000000000000000000000000000000000000000000000000000000000000000_\r\n",
      "5\nhello\r\n", "5\r\r\nhello", "5\n\r\nhello", "\r\n", "\r\n5\r\nhello", " 5\r\n", "\t5\r\n", "5 \r\n",
      "5\t\r\n",
      "5\u{0}\r\n", "\u{0}5\r\n", "5\u{B}\r\n", "٥\r\n", "g\r\n", "5;\r\n", "5;=b\r\n", "5;a=\r\n", "5;a=\"b\r\n",
      "5;a b\r\n", "5;a=b\n", "5;a=\u{0}\r\n", "5;a=\rb\r\n", "5\r\nhelloX", "5\r\nhello\nX", "5\r\nhello\r\r\n",
      "5\r\nhello0\r\n\r\n", "5\r\nhello\r\n\r\n", "5;" + xs(65_536) + "\r\n",
      String(repeating: "1;\(xs(250))\r\na\r\n", count: 40), "0\r\nbad name: 1\r\n\r\n", "0\r\n a: 1\r\n\r\n",
      "0\r\nX\r\n\r\n", "0\r\nX : y\r\n\r\n", "0\r\nX: a\nb\r\n\r\n", "0\r\nX: a\rb\r\n\r\n", "0\r\nX: a\u{0}\r\n\r\n",
      "0\r\nX: a\r\n b\r\n\r\n", "0\r\n: a\r\n\r\n", "0\r\nX: \(xs(9_000))\r\n\r\n", "0\r\nHost: b\r\n\r\n",
      "0\r\nContent-Length: 1\r\n\r\n", "0\r\nTransfer-Encoding: x\r\n\r\n", "0\r\nAuthorization: x\r\n\r\n",
      "0\r\nCookie: x\r\n\r\n", "0\r\nContent-Encoding: gzip\r\n\r\n",
      "0\r\nConnection: close\r\n\r\n", "0\r\nTrailer: x\r\n\r\n", "0\r\nEXPECT: x\r\n\r\n",
    ].map { (chunked($0), 400) }
    + [
      "FFFFFFFFFFFFFFFF\r\n", "fffffffffffffffe\r\n", "7FFFFFFFFFFFFFFF\r\n", "8000000000000000\r\n", "800001\r\n",
      "1\r\na\r\n800000\r\n",
    ].map { (chunked($0), 413) }
    + [(chunked("0\r\n" + String(repeating: "a: b\r\n", count: 101)), 431)]

  static let heads: [(String, Int)] =
    [
      "X: a\u{0}b", "X: a\u{8}b", "X: a\u{7F}b", "X: a\rb", "X: a\nb", "X: a\r\n b", "X: a\r\n\tb", " X: a", "\tX: a",
      "X : a", "X\t: a", "no colon", ": b", " : b", "A B: c", "A(B): c", "A\u{0}: c", "A/B: c", "Ä: c", "\"A\": c",
      "X: a\r\r", "X\r: a", "Host : b",
    ].map { (field($0), 400) }
    + [
      (field("Expect: magic"), 417), (field("Expect: 100-continue, magic"), 417), (field("Expect:"), 417),
      ("GET / HTTP/1.1\nHost: a\n\n", 400), ("GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\n\n", 400), ("GET / HTTP/1.1\r\n\tHost: a\r\n\r\n", 400),
    ]

  static let targets: [(String, Int)] =
    [
      "*", "*x", "x", "a:80", "a.example:443", "?a", "#", "/#a", "/\u{1}", "/\u{7F}", "/é", "/%", "/%4", "/%zz", "/%00",
      "/%0d%0aX:%20y", "/%0a", "/%c0%af", "/%ff", "/%ed%a0%80", "/?a=%00", "/?a=%ff", "/?%", "http:", "http:/a",
      "http://", "http:///x", "http://u@h/", "http://u:p@h/", "http://a:x/", "http://[::1/", "http://a b/", "ftp://a/",
      "javascript:alert(1)", "file:///etc/passwd", "//\u{0}",
    ].map { (get($0), 400) }
    + [
      ("POST * HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("OPTIONS *x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      ("GET http://a/ HTTP/1.1\r\n\r\n", 400), ("GET http://a/ HTTP/1.1\r\nHost: a,b\r\n\r\n", 400),
    ]

  static let lines: [(String, Int)] =
    [
      "GET /", "GET", "GET ", " GET / HTTP/1.1", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ",
      "GET / HTTP/1.1\t", "GET\t/ HTTP/1.1", "GET /\tHTTP/1.1", "GET /a b HTTP/1.1", "GET / http/1.1", "GET / HTTP/1",
      "GET / HTTP/1.10", "GET / HTTP/01.1", "GET / HTTP/1,1", "GET / HTTP/+1.1", "GET / HTTP/x.1", "GET / HTTPS/1.1",
      "GET / RTTP/1.1", "GET / HTTP 1.1", "GET / HTTP/\u{661}.1", "G@T / HTTP/1.1", "G\u{0}ET / HTTP/1.1",
      "(GET) / HTTP/1.1", "GÉT / HTTP/1.1", "\u{16}\u{3}\u{1}", "\u{FEFF}GET / HTTP/1.1", "HTTP/1.1 200 OK", "\r",
    ].map { ($0 + "\r\nHost: a\r\n\r\n", 400) }
    + ["GET / HTTP/0.9", "GET / HTTP/1.2", "GET / HTTP/2.0", "GET / HTTP/3.0", "GET / HTTP/9.9", "PRI * HTTP/2.0"]
    .map { ($0 + "\r\nHost: a\r\n\r\n", 505) }
    + [
      "get / HTTP/1.1", "TRACE / HTTP/1.1", "CONNECT h:1 HTTP/1.1", "PROPFIND / HTTP/1.1", "M-SEARCH * HTTP/1.1",
      "\(xs(1_000)) / HTTP/1.1",
    ].map { ($0 + "\r\nHost: a\r\n\r\n", 501) }

  static let hosts: [(String, Int)] =
    [
      "", "\t", "a,b", "a, b", "a b", "user@h", "user:x@h", "h/p", "http://h", "h?q", "h#f", "h:port", "h:80:80",
      "h:1234567", "h:-1", "h:+1", ":80", "[::1", "[]", "[zz]", "[::1]x", "é.example", "a\\b", "<a>", "a\"b", "a;b,c",
      "a\u{0}", "a\r\nHost: a", "a\r\nhost: b",
    ].map { (host($0), 400) }
    + [("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400)]

  static let tooLong: [(String, Int)] = [
    ("GET /" + xs(100_000), 414), ("GET /" + xs(8_192) + " HTTP/1.1\r\n", 414), (xs(100_000), 414),
    ("GET / HTTP/1.1\r\nX: " + xs(100_000), 431), ("GET / HTTP/1.1\r\n\(xs(100_000)): b", 431),
    ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "a: b\r\n", count: 10_000), 431),
    ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "a: \(xs(8_000))\r\n", count: 3), 431),
  ]
}
