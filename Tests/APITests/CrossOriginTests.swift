import Testing

@testable import API

@Suite struct CrossOriginTests {
  private static let shop = "https://shop.example"
  private static let event = #"{"type":"view","contact":{"anonymous_id":"b1"}}"#

  private func api(_ origins: Set<String>?) throws -> TestAPI {
    try TestAPI(crossOrigin: CrossOrigin(origins: origins, maxAgeSeconds: 600))
  }

  private func ask(_ api: TestAPI, _ path: String, _ method: String, from origin: String = shop) -> Answer {
    let headers = [
      (name: "Origin", value: origin), ("Access-Control-Request-Method", method),
      ("Access-Control-Request-Headers", "authorization,content-type"),
    ]
    return api.call("OPTIONS", path, key: nil, headers: headers)
  }

  @Test func `a browser may ask without a key whether a page of the shop may post events and read offers`() throws {
    let api = try api([Self.shop])
    for (path, method) in [("/v1/events", "POST"), ("/v1/contacts/ann/offers", "GET")] {
      let answer = ask(api, path, method)
      #expect(answer.status == 204 && answer.text.isEmpty)
      #expect(answer.header("Access-Control-Allow-Origin") == Self.shop)
      #expect(answer.header("Access-Control-Allow-Methods") == method)
      let fields = answer.header("Access-Control-Allow-Headers") ?? ""
      #expect(["Authorization", "Content-Type", "Idempotency-Key", "traceparent"].allSatisfy(fields.contains))
      #expect(answer.header("Access-Control-Max-Age") == "600" && answer.header("Vary") == "Origin")
      #expect(answer.header("Access-Control-Allow-Credentials") == nil)
    }
  }

  @Test func `answers can be read by pages of that origin alone, and caches are told so`() throws {
    let api = try api([Self.shop])
    let good = api.call("POST", "/v1/events", Self.event, headers: [("Origin", Self.shop)])
    #expect(good.status == 202 && good.header("Access-Control-Allow-Origin") == Self.shop)
    #expect(good.header("Vary") == "Origin")
    // Refusals too: the page is to know why.
    let refused = api.call("POST", "/v1/events", Self.event, key: nil, headers: [("Origin", Self.shop)])
    #expect(refused.status == 401 && refused.header("Access-Control-Allow-Origin") == Self.shop)
    for origin in ["https://evil.example", "http://shop.example", "https://shop.example.evil.example", "null"] {
      let other = api.call("POST", "/v1/events", Self.event, headers: [("Origin", origin)])
      #expect(other.status == 202 && other.header("Access-Control-Allow-Origin") == nil, "\(origin)")
      #expect(other.header("Vary") == "Origin")
      #expect(ask(api, "/v1/events", "POST", from: origin).status == 403, "\(origin)")
      #expect(ask(api, "/v1/events", "POST", from: origin).header("Access-Control-Allow-Origin") == nil)
    }
    #expect(api.call("POST", "/v1/events", Self.event).header("Vary") == "Origin")
  }

  @Test func `a star lets in every page, and never its cookies`() throws {
    let api = try api(nil)
    let answer = api.call("POST", "/v1/events", Self.event, headers: [("Origin", "https://any.example")])
    #expect(answer.header("Access-Control-Allow-Origin") == "*" && answer.header("Vary") == nil)
    #expect(answer.header("Access-Control-Allow-Credentials") == nil)
    #expect(ask(api, "/v1/events", "POST", from: "https://any.example").status == 204)
  }

  @Test func `no other call is for pages, and none is unless configured`() throws {
    let api = try api([Self.shop])
    for (path, method) in [("/v1/keys", "POST"), ("/v1/contacts/ann", "PUT"), ("/v1/events", "GET")] {
      #expect(ask(api, path, method).status == 405, "\(method) \(path)")
    }
    #expect(
      api.call("GET", "/v1/chains", headers: [("Origin", Self.shop)]).header("Access-Control-Allow-Origin") == nil)
    let closed = try TestAPI()
    #expect(ask(closed, "/v1/events", "POST").status == 405)
    let answer = closed.call("POST", "/v1/events", Self.event, headers: [("Origin", Self.shop)])
    #expect(answer.status == 202 && answer.header("Access-Control-Allow-Origin") == nil && answer.header("Vary") == nil)
  }
}
