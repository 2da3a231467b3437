import Testing

@testable import API

/// What a GET would say, asked for without its body.
@Suite struct HeadTests {
  @Test("HEAD is answered wherever GET is, with the same status and the same kind of content")
  func everywhere() throws {
    struct NoBackup: Error {}
    let api = try TestAPI(testClock: { _, done in done(.failure(NoBackup())) }, backup: { $0(.failure(NoBackup())) })
    let routes = api.routes.filter { $0.method == "GET" }
    #expect(routes.count > 30)
    for route in routes {
      let path = route.pattern.text.split(separator: "/").map { segment in
        guard let end = segment.firstIndex(of: "}") else { return String(segment) }
        return "x" + segment[segment.index(after: end)...]
      }
      let target = "/" + path.joined(separator: "/")
      let (get, head) = (api.call("GET", target), api.call("HEAD", target))
      #expect(head.status == get.status && head.status != 405, "\(target)")
      #expect(head.header("Content-Type") == get.header("Content-Type"), "\(target)")
    }
  }
}
