import JSON
import Testing

@testable import API

/// What a reader has need not be sent again.
@Suite struct EntityTagTests {
  private static let chain = #"{"enter":{"event":"a"},"purpose":"transactional","steps":[{"exit":"done"}]}"#
  private static let lists = [
    "/v1/chains", "/v1/templates", "/v1/segments", "/v1/webhooks", "/v1/schemas", "/v1/schemas/chain.json",
    "/v1/openapi.json",
  ]

  private func read(_ api: TestAPI, _ path: String, _ known: String? = nil, method: String = "GET") -> Answer {
    api.call(method, path, headers: known.map { [("If-None-Match", $0)] } ?? [])
  }

  private func make(_ api: TestAPI) {
    #expect(api.call("PUT", "/v1/chains/cart", Self.chain).status == 201)
    #expect(api.call("PUT", "/v1/templates/hello", #"{"text":"Hi"}"#).status == 201)
    #expect(api.call("PUT", "/v1/segments/vip", #"{"name":"VIP","is":{"did":"purchase"}}"#).status == 201)
    #expect(api.call("PUT", "/v1/webhooks/crm", #"{"url":"https://crm.example/in"}"#).status == 201)
  }

  @Test func `whatever has a tag is 304 without a body to who has it, and whole to who has another`() throws {
    let api = try TestAPI()
    make(api)
    try api.settle()
    for path in Self.lists + ["/v1/chains/cart", "/v1/templates/hello", "/v1/segments/vip"] {
      let tag = try #require(read(api, path).header("ETag"), "\(path)")
      for known in [tag, "W/" + tag, "\"other\", " + tag, "*"] {
        for method in ["GET", "HEAD"] {
          let answer = read(api, path, known, method: method)
          #expect(answer.status == 304 && answer.text.isEmpty, "\(method) \(path) \(known)")
          #expect(answer.header("ETag") == tag)
        }
      }
      #expect(read(api, path, "\"other\"").status == 200, "\(path)")
    }
  }

  @Test func `a list has another tag when something in it has changed`() throws {
    let api = try TestAPI()
    let before = try Self.lists.prefix(4).map { try #require(read(api, $0).header("ETag")) }
    make(api)
    for (path, tag) in zip(Self.lists, before) {
      #expect(read(api, path, tag).status == 200, "\(path)")
    }
    let chains = try #require(read(api, "/v1/chains").header("ETag"))
    #expect(api.call("POST", "/v1/chains/cart/publish").status == 200)
    #expect(read(api, "/v1/chains", chains).status == 200)
  }

  @Test func `a segment that has grown is told anew, and that is no edit`() throws {
    let api = try TestAPI()
    make(api)
    try api.settle()
    let seen = try #require(read(api, "/v1/segments/vip").header("ETag"))
    _ = api.call("POST", "/v1/events", #"{"type":"purchase","contact":{"id":"ann"},"properties":{"total":5}}"#)
    try api.settle()
    let grown = read(api, "/v1/segments/vip", seen)
    #expect(grown.status == 200 && grown.json["members"] == 1)
    let body = #"{"name":"Very","is":{"did":"purchase"}}"#
    #expect(api.call("PUT", "/v1/segments/vip", body, headers: [("If-Match", seen)]).status == 200)
    #expect(api.call("PUT", "/v1/segments/vip", body, headers: [("If-Match", seen)]).status == 412)
    #expect(api.call("DELETE", "/v1/segments/vip", headers: [("If-Match", seen)]).status == 412)
    let revisions = api.call("GET", "/v1/audit").items.filter { $0["action"] == "PUT /v1/segments/{id}" }
    #expect(revisions.map { $0["revision"] } == ["\"1\"", "\"2\""])
  }
}
