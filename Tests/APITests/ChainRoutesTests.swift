import HTTP
import JSON
import SQL
import Testing

@testable import API

@Suite struct ChainRoutesTests {
  private let chain = """
    {
      "name": "Forgotten cart",
      "enter": {"event": "cart"},
      "steps": [{"wait": "8h"}, {"send": "email", "template": "cart-1", "id": "reminder"}]
    }
    """

  private func api() throws -> TestAPI {
    let api = try TestAPI()
    #expect(api.call("PUT", "/v1/templates/cart-1", #"{"subject":"Your cart","text":"Hi"}"#).status == 201)
    return api
  }

  @Test("a draft is saved, read back as it was and listed")
  func draft() throws {
    let api = try api()
    let made = api.call("PUT", "/v1/chains/cart", chain)
    #expect(made.status == 201)
    #expect(made.json["status"] == "draft")
    #expect(made.header("ETag") == "\"1\"")
    #expect(api.call("PUT", "/v1/chains/cart", chain).status == 200)
    let read = api.call("GET", "/v1/chains/cart")
    #expect(read.header("ETag") == "\"2\"")
    #expect(try read.json["document"] == JSONValue(parsing: chain))
    let item = try #require(api.call("GET", "/v1/chains").items.first)
    #expect(item["id"] == "cart")
    #expect(item["name"] == "Forgotten cart")
    #expect(api.call("GET", "/v1/chains/none").status == 404)
  }

  @Test("a draft with errors is refused with all of them, one that is no JSON with the place")
  func errors() throws {
    let api = try api()
    let answer = api.call(
      "PUT", "/v1/chains/cart",
      "{\n  \"entr\": {},\n  \"steps\": [{\"wait\": \"soon\"}]\n}")
    #expect(answer.status == 422)
    #expect(Set(answer.pointers).isSuperset(of: ["/entr", "/steps/0/wait"]))
    let broken = api.call("PUT", "/v1/chains/cart", "{\"name\": }")
    #expect(broken.status == 422)
    #expect(broken.json["errors"]?.array?.first?["column"] == 10)
    #expect(api.call("GET", "/v1/chains/cart").status == 404)
  }

  @Test("what is named but not there yet is a warning on save and an error on publish")
  func references() throws {
    let api = try TestAPI()
    let made = api.call("PUT", "/v1/chains/cart", chain)
    #expect(made.status == 201)
    #expect(made.json["warnings"]?.array?.contains { $0["code"] == "unknown_reference" } == true)
    let publish = api.call("POST", "/v1/chains/cart/publish", "{}")
    #expect(publish.status == 422)
    #expect(publish.pointers == ["/steps/1/template"])
    let validation = api.call("POST", "/v1/chains/validate", chain)
    #expect(validation.status == 200)
    #expect(validation.json["errors"]?.array?.count == 1)
  }

  @Test("validate answers 200 whatever it finds and saves nothing")
  func validate() throws {
    let api = try api()
    #expect(api.call("POST", "/v1/chains/validate", chain).json["errors"] == [])
    let broken = api.call("POST", "/v1/chains/validate", "{\"name\": }")
    #expect(broken.status == 200)
    #expect(broken.json["errors"]?.array?.first?["code"] == "syntax")
    #expect(api.call("GET", "/v1/chains").items.isEmpty)
  }

  @Test("two marketers cannot overwrite each other")
  func preconditions() throws {
    let api = try api()
    let tag = try #require(api.call("PUT", "/v1/chains/cart", chain).header("ETag"))
    #expect(api.call("PUT", "/v1/chains/cart", chain, headers: [("If-Match", tag)]).status == 200)
    #expect(api.call("PUT", "/v1/chains/cart", chain, headers: [("If-Match", tag)]).status == 412)
    #expect(api.call("DELETE", "/v1/chains/cart", headers: [("If-Match", tag)]).status == 412)
    #expect(api.call("PUT", "/v1/chains/cart", chain, headers: [("If-None-Match", "*")]).status == 412)
    let now = api.call("GET", "/v1/chains/cart").response.header("ETag") ?? ""
    let unchanged = api.call("GET", "/v1/chains/cart", headers: [("If-None-Match", now)])
    #expect(unchanged.status == 304 && unchanged.response.body.isEmpty)
  }

  @Test("publishing makes a version, a dry run says what it would do")
  func publish() throws {
    let api = try api()
    _ = api.call("PUT", "/v1/chains/cart", chain)
    let dry = api.call("POST", "/v1/chains/cart/publish", #"{"dry_run":true}"#)
    #expect(dry.json["version"] == 1)
    #expect(api.call("GET", "/v1/chains/cart").json["status"] == "draft")
    let live = api.call("POST", "/v1/chains/cart/publish", #"{"runs":"pin"}"#)
    #expect(live.status == 200)
    #expect(live.json["version"] == 1)
    #expect(api.call("GET", "/v1/chains/cart").json["status"] == "live")
    #expect(api.call("POST", "/v1/events", #"{"type":"cart","contact":{"id":"ann"}}"#).status == 202)
    try api.settle()
    _ = api.call("PUT", "/v1/chains/cart", chain.replacing("8h", with: "9h"))
    let next = api.call("POST", "/v1/chains/cart/publish", #"{"dry_run":true}"#)
    #expect(next.json["version"] == 2)
    #expect(next.json["runs"] == [["step": "0", "version": 1, "count": 1, "becomes": "0"]])
    #expect(api.call("POST", "/v1/chains/cart/publish").json["version"] == 2)
    let versions = api.call("GET", "/v1/chains/cart/versions").items
    #expect(versions.map { $0["version"] } == [2, 1])
    #expect(versions.map { $0["live"] } == [true, false])
    #expect(versions.map { $0["runs"] } == [0, 1])
  }

  @Test("pause and resume can be said twice, a draft has nothing to pause")
  func pause() throws {
    let api = try api()
    _ = api.call("PUT", "/v1/chains/cart", chain)
    #expect(api.call("POST", "/v1/chains/cart/pause").status == 409)
    _ = api.call("POST", "/v1/chains/cart/publish")
    for _ in 0..<2 { #expect(api.call("POST", "/v1/chains/cart/pause").json["status"] == "paused") }
    #expect(api.call("POST", "/v1/chains/cart/publish").status == 409)
    for _ in 0..<2 { #expect(api.call("POST", "/v1/chains/cart/resume").json["status"] == "live") }
    #expect(api.call("DELETE", "/v1/chains/cart").status == 204)
    #expect(api.call("GET", "/v1/chains/cart").json["status"] == "archived")
    #expect(api.call("POST", "/v1/chains/cart/pause").status == 409)
  }

  @Test("metrics show the funnel of each chain and step")
  func funnel() throws {
    let api = try api()
    _ = api.call("PUT", "/v1/chains/cart", chain)
    _ = api.call("POST", "/v1/chains/cart/publish")
    _ = api.call("POST", "/v1/events", #"{"type":"cart","contact":{"id":"ann","email":"ann@shop.example"}}"#)
    try api.settle()
    var lines = api.call("GET", "/metrics").text.split(separator: "\n").map(String.init)
    #expect(lines.contains(#"zveno_chain_step_total{chain="cart",version="1",step="",outcome="entered"} 1"#))
    #expect(lines.contains(#"zveno_chain_runs{chain="cart",state="active"} 1"#))
    #expect(lines.contains(#"zveno_metrics_store_read 1"#))
    api.now += 9 * 3_600_000
    api.writer.wake()
    try api.settle()
    lines = api.call("GET", "/metrics").text.split(separator: "\n").map(String.init)
    #expect(lines.contains(#"zveno_chain_step_total{chain="cart",version="1",step="reminder",outcome="sent"} 1"#))
    #expect(lines.contains(#"zveno_chain_runs{chain="cart",state="active"} 0"#))
    #expect(lines.contains(#"zveno_messages_total{channel="email",status="sent"} 1"#))
  }
}

extension String {
  fileprivate func replacing(_ part: String, with other: String) -> String {
    guard let range = firstRange(of: part) else { return self }
    return self[..<range.lowerBound] + other + self[range.upperBound...]
  }
}
