import JSON
import Testing

@testable import API

@Suite struct EventRoutesTests {
  private let one = #"{"id":"e1","type":"cart","contact":{"id":"ann"},"properties":{"total":4000}}"#

  @Test("an event is taken once, however often it is sent")
  func duplicates() throws {
    let api = try TestAPI()
    let first = api.call("POST", "/v1/events", one)
    #expect(first.status == 202)
    #expect(first.json == ["accepted": 1, "duplicates": 0, "rejected": []])
    #expect(api.call("POST", "/v1/events", one).json == ["accepted": 0, "duplicates": 1, "rejected": []])
  }

  @Test("a batch says which of its events were bad")
  func batch() throws {
    let api = try TestAPI()
    let answer = api.call("POST", "/v1/events", "[\(one),{\"type\":\"\"}]")
    #expect(answer.status == 202)
    #expect(answer.json["accepted"] == 1)
    #expect(answer.json["rejected"]?.array?.first?["index"] == 1)
    let lines = api.call("POST", "/v1/events", one + "\nnonsense\n", type: "application/x-ndjson; charset=utf-8")
    #expect(lines.status == 202)
    #expect(lines.json["duplicates"] == 1)
    #expect(lines.json["rejected"]?.array?.count == 1)
  }

  @Test("no good event is 400 with what is wrong with each")
  func noneGood() throws {
    let api = try TestAPI()
    let answer = api.call("POST", "/v1/events", #"{"typ":"cart","contact":{"id":"ann"}}"#)
    #expect(answer.status == 400)
    #expect(answer.header("Content-Type") == "application/problem+json")
    #expect(answer.pointers.contains("/typ"))
    #expect(answer.json["rejected"]?.array?.count == 1)
    #expect(api.call("POST", "/v1/events", "[{},{}]").json["rejected"]?.array?.count == 2)
  }

  @Test("a body that is no JSON, of no type or too large is refused as such")
  func refused() throws {
    let api = try TestAPI()
    let broken = api.call("POST", "/v1/events", "{\"type\": cart}")
    #expect(broken.status == 400)
    #expect(broken.json["errors"]?.array?.first?["column"] == 10)
    #expect(api.call("POST", "/v1/events", one, type: nil).status == 415)
    #expect(api.call("POST", "/v1/events", one, type: "text/plain").status == 415)
    let many = "[" + Array(repeating: "{}", count: 10_001).joined(separator: ",") + "]"
    #expect(api.call("POST", "/v1/events", many).status == 413)
    #expect(api.call("DELETE", "/v1/events").header("Allow") == "GET, HEAD, POST")
  }
}
