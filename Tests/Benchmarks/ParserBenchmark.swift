import HTTP

/// Bytes of requests a second through the HTTP parser alone, on one core, one request at a time as sockets bring them: to
/// a head with all its fields, a decoded path and a body.
struct ParserBenchmark {
  let seconds: Double

  private static let event = """
    POST /v1/events HTTP/1.1
    Host: events.shop.example
    User-Agent: shop-backend/2.3 (linux; x86_64) http-client/4.1
    Accept: application/json
    Accept-Encoding: gzip, deflate, br
    Authorization: Bearer zv_3vF8r0bq0m2Jq9dM5s1yYb7k0cXwTnP4uHgE6aLiZoQ
    Content-Type: application/json
    traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
    Content-Length: 250


    """

  private static let browser = """
    GET /t/c/AbCdEf0123456789_-AbCdEf0123456789?utm_source=zveno&utm_campaign=cart&utm_content=2 HTTP/1.1
    Host: go.shop.example
    User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8
    Accept-Encoding: gzip, deflate, br, zstd
    Accept-Language: ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7
    Cache-Control: no-cache
    Connection: keep-alive
    Cookie: _ga=GA1.2.1234567890.1700000000; session=0123456789abcdef0123456789abcdef; cart=a1b2c3; consent=all
    Referer: https://mail.example/inbox/message?id=0123456789
    Sec-Ch-Ua: "Chromium";v="130", "Not?A_Brand";v="99"
    Sec-Ch-Ua-Platform: "Windows"
    Sec-Fetch-Dest: document
    Sec-Fetch-Mode: navigate
    Sec-Fetch-Site: cross-site
    Upgrade-Insecure-Requests: 1


    """

  func run() throws {
    try measure("HTTP requests parsed, an event's POST", Self.event, body: 250)
    try measure("HTTP requests parsed, a browser's GET", Self.browser, body: 0)
  }

  private func measure(_ name: String, _ head: String, body: Int) throws {
    let bytes = Array(head.replacing("\n", with: "\r\n").utf8) + [UInt8](repeating: 120, count: body)
    let most = Int(seconds * 400_000)
    try Figure(name: "\(name), \(bytes.count) bytes", unit: "kB/s").measure {
      var parser = RequestParser(limits: HTTPLimits())
      var found = 0
      let elapsed = timed {
        for _ in 0..<most {
          parser.append(bytes[...])
          if case .request(let request) = parser.next() { found += request.head.headers.count }
        }
      }
      guard found >= most else { throw NotParsed() }
      return (bytes.count * most / 1000, elapsed)
    }
  }

  struct NotParsed: Error {}
}
