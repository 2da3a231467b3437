import HTTP
import JSON
import Testing

@testable import API

/// What is refused before its body has come.
@Suite struct EarlyRefusalTests {
  private func request(_ method: String, _ path: String, key: String?) -> Request {
    Request(method: method, path: path, headers: Headers(key.map { [("Authorization", "Bearer " + $0)] } ?? []))
  }

  @Test("nobody without a key, with a wrong one, or without the scope can make the server take in a body")
  func strangers() throws {
    let api = try TestAPI()
    let made = api.call("POST", "/v1/keys", #"{"name":"shop","scopes":["events"]}"#)
    let key = try #require(made.json["key"]?.string)
    let refusal = { api.api.refusal(beforeBodyOf: $0) }
    let none = refusal(request("POST", "/v1/events", key: nil))
    #expect(none?.status == 401 && none?.header("WWW-Authenticate") != nil)
    #expect(refusal(request("POST", "/v1/events", key: "zv_wrong"))?.status == 401)
    #expect(refusal(request("PUT", "/v1/chains/cart", key: key))?.status == 403)
    #expect(refusal(request("POST", "/v1/events", key: key)) == nil)
    #expect(refusal(request("POST", "/u/abc", key: nil)) == nil)
  }

  @Test func `a key that has called too often hears so before its body, and nothing is counted`() throws {
    let api = try TestAPI()
    let made = api.call("POST", "/v1/keys", #"{"name":"shop","scopes":["events"],"rate":{"per_second":1,"burst":1}}"#)
    let key = try #require(made.json["key"]?.string)
    let refusal = { api.api.refusal(beforeBodyOf: request("POST", "/v1/events", key: key)) }
    for _ in 0..<3 { #expect(refusal() == nil) }
    #expect(api.call("POST", "/v1/events", #"{"type":"a","contact":{"id":"ann"}}"#, key: key).status == 202)
    let refused = refusal()
    #expect(refused?.status == 429 && refused?.header("Retry-After") == "1")
    api.now += 1_000
    #expect(refusal() == nil)
    #expect(api.call("POST", "/v1/events", #"{"type":"a","contact":{"id":"ann"}}"#, key: key).status == 202)
  }

  @Test("no body is waited for where nothing is, or not by that method")
  func nowhere() throws {
    let api = try TestAPI()
    let refusal = { api.api.refusal(beforeBodyOf: $0) }
    #expect(refusal(request("POST", "/v1/nothing", key: TestAPI.adminKey))?.status == 404)
    let wrong = refusal(request("PATCH", "/v1/events", key: TestAPI.adminKey))
    #expect(wrong?.status == 405 && wrong?.header("Allow")?.contains("POST") == true)
    #expect(refusal(request("PUT", "/v1/contacts/a b", key: nil))?.status == 401)
  }
}
