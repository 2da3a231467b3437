import JSON
import Testing

@testable import API

@Suite struct EventListTests {
  private func api(_ count: Int) throws -> TestAPI {
    let api = try TestAPI()
    let events = (1...count).map { #"{"id":"e\#($0)","type":"view","contact":{"id":"ann"},"properties":{"n":\#($0)}}"# }
    let answer = api.call("POST", "/v1/events", events.joined(separator: "\n"), type: "application/x-ndjson")
    #expect(answer.status == 202)
    return api
  }

  private func ids(_ answer: Answer) -> [String] { answer.items.compactMap { $0["id"]?.string } }

  @Test("the newest come first, page after page, each once")
  func pages() throws {
    let api = try api(120)
    var (seen, after) = ([String](), "")
    repeat {
      let page = api.call("GET", "/v1/events?limit=50\(after)")
      #expect(page.status == 200)
      seen += ids(page)
      after = page.json["next"]?.string.map { "&after=\($0)" } ?? ""
    } while !after.isEmpty
    #expect(seen == (1...120).reversed().map { "e\($0)" })
    let first = try #require(api.call("GET", "/v1/events?limit=1").items.first)
    #expect(first["type"] == "view")
    #expect(first["contact"] == ["id": "ann"])
    #expect(first["properties"] == ["n": 120])
    #expect(first["seq"] == 120)
  }

  @Test("what came after a place comes in order, and at the end there is nothing until more comes")
  func follows() throws {
    let api = try api(60)
    let first = api.call("GET", "/v1/events?since=0&limit=40")
    #expect(ids(first) == (1...40).map { "e\($0)" })
    let next = try #require(first.json["next"]?.string)
    let second = api.call("GET", "/v1/events?since=0&limit=40&after=\(next)")
    #expect(ids(second) == (41...60).map { "e\($0)" })
    #expect(second.json["next"] == .null)
    #expect(api.call("GET", "/v1/events?since=60").items.isEmpty)
    _ = api.call("POST", "/v1/events", #"{"id":"late","type":"cart","contact":{"email":"Bob@shop.example"}}"#)
    let late = api.call("GET", "/v1/events?since=60").items
    #expect(late.count == 1)
    #expect(late.first?["contact"] == ["email": "bob@shop.example"])
  }

  @Test("a page of large events ends early, and the next goes on where it ended", arguments: ["", "&since=0"])
  func largeEvents(query: String) throws {
    let api = try TestAPI()
    let filler = String(repeating: "x", count: 60_000)
    for _ in 0..<2 {
      let events = (0..<75).map { _ in #"{"type":"view","contact":{"id":"ann"},"properties":{"x":"\#(filler)"}}"# }
      #expect(
        api.call("POST", "/v1/events", events.joined(separator: "\n"), type: "application/x-ndjson").status == 202)
    }
    let page = api.call("GET", "/v1/events?limit=1000" + query)
    #expect(page.items.count < 120)
    let next = try #require(page.json["next"]?.string)
    let rest = api.call("GET", "/v1/events?limit=1000\(query)&after=\(next)")
    let seen = (page.items + rest.items).compactMap { $0["seq"]?.number?.int }
    #expect(seen == (query.isEmpty ? Array((1...150).reversed()) : Array(1...150)))
    #expect(rest.json["next"] == .null)
  }

  @Test("only a key that may read may, and a place that is none is refused")
  func refusals() throws {
    let api = try api(1)
    let key = api.call("POST", "/v1/keys", #"{"name":"shop","scopes":["events"]}"#).json["key"]?.string ?? ""
    #expect(api.call("GET", "/v1/events", key: key).status == 403)
    for query in ["since=-1", "since=x", "limit=0", "after=x", "type=view"] {
      #expect(api.call("GET", "/v1/events?\(query)").status == 400, "\(query)")
    }
  }
}
