import Domain
import JSON
import Testing

@testable import API

@Suite struct OpsRoutesTests {
  @Test("health needs no key; a server that cannot take events says so")
  func health() throws {
    let api = try TestAPI()
    #expect(api.call("GET", "/healthz", key: nil).status == 200)
    #expect(api.call("GET", "/readyz", key: nil).status == 200)
    let unready = try TestAPI(unready: { "the store takes no writes" })
    #expect(unready.call("GET", "/healthz", key: nil).status == 200)
    let answer = unready.call("GET", "/readyz", key: nil)
    #expect(answer.status == 503)
    #expect(answer.json["detail"] == "the store takes no writes")
  }

  @Test("metrics count events by type and answers by route")
  func metrics() throws {
    let api = try TestAPI()
    _ = api.call("POST", "/v1/events", #"{"type":"cart","contact":{"id":"ann"}}"#)
    _ = api.call("GET", "/v1/contacts/whoever")
    let answer = api.call("GET", "/metrics")
    #expect(answer.status == 200)
    #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
    let lines = answer.text.split(separator: "\n").map(String.init)
    #expect(lines.contains(#"zveno_events_accepted_total{type="cart"} 1"#))
    #expect(lines.contains(#"zveno_http_requests_total{method="GET",route="/v1/contacts/{id}",status="404"} 1"#))
    #expect(!answer.text.contains("whoever"))
    #expect(lines.filter { $0.hasPrefix("# TYPE") }.count == Set(lines.filter { $0.hasPrefix("# TYPE") }).count)
  }

  @Test("what is not built is no route")
  func unknown() throws {
    let api = try TestAPI()
    #expect(api.call("GET", "/v1/nothing").status == 404)
    #expect(api.call("GET", "/").status == 404)
    #expect(api.call("POST", "/v1/test-clock", "{}").status == 404)
    #expect(api.call("PATCH", "/v1/contacts/ann").header("Allow") == "DELETE, GET, HEAD, PUT")
  }

  @Test("a server on a test clock moves it by a span or to a moment")
  func testClock() throws {
    let api = try TestAPI(testClock: { move, done in
      switch move {
      case .advance(let span): done(.success(Timestamp(milliseconds: span.milliseconds)))
      case .to(let moment): done(.success(moment))
      }
    })
    #expect(api.call("POST", "/v1/test-clock", #"{"advance":"2h"}"#).json["now"] == "1970-01-01T02:00:00.000Z")
    let to = api.call("POST", "/v1/test-clock", #"{"to":"2026-03-02T09:00:00Z"}"#)
    #expect(to.json["now"] == "2026-03-02T09:00:00.000Z")
    for wrong in ["{}", #"{"advance":"soon"}"#, #"{"advance":"1h","to":"2026-03-02T09:00:00Z"}"#] {
      #expect(api.call("POST", "/v1/test-clock", wrong).status == 422, "\(wrong)")
    }
  }

  @Test("a body beyond its bound is 413")
  func large() throws {
    let api = try TestAPI()
    let body = #"{"attributes":{"a":"\#(String(repeating: "x", count: 1 << 20))"}}"#
    #expect(api.call("PUT", "/v1/contacts/ann", body).status == 413)
    #expect(api.call("PUT", "/v1/chains/cart", body).status == 413)
  }
}
