import JSON
import Testing

@testable import API

/// Publishing while people are inside.
@Suite struct PublishRoutesTests {
  private static let steps = #"[{"wait":"8h"},{"send":"email","template":"a","id":"mail"},{"wait":"1d","id":"pause2"}]"#

  /// Ann and Bob wait in the first version of the chain.
  private func api(_ steps: String = Self.steps) throws -> TestAPI {
    let api = try TestAPI()
    #expect(api.call("PUT", "/v1/templates/a", #"{"subject":"Hello","text":"Hi"}"#).status == 201)
    save(steps, api)
    #expect(publish(api).status == 200)
    for contact in ["ann", "bob"] {
      let event = #"{"type":"cart","contact":{"id":"\#(contact)","email":"\#(contact)@shop.example"}}"#
      #expect(api.call("POST", "/v1/events", event).status == 202)
    }
    try api.settle()
    return api
  }

  private func save(_ steps: String, _ api: TestAPI) {
    #expect(api.call("PUT", "/v1/chains/cart", #"{"enter":{"event":"cart"},"steps":\#(steps)}"#).status < 300)
  }

  private func publish(_ api: TestAPI, _ body: String = "{}") -> Answer {
    api.call("POST", "/v1/chains/cart/publish", body)
  }

  private func runs(_ api: TestAPI, _ query: String = "") -> [String] {
    api.call("GET", "/v1/chains/cart/runs" + query).items.map { run in
      "\(run["contact"]?.string ?? "-") \(run["step"]?.string ?? "-") \(run["version"]?.number?.int ?? 0)"
    }
  }

  @Test("the dry run says what becomes of the runs at each step, and does nothing; the publication does it")
  func follows() throws {
    let api = try api()
    save(#"[{"wait":"10h","id":"first"},{"send":"email","template":"a","id":"mail"}]"#, api)
    let wish = { (how: String) in #"{"runs":"\#(how)","dry_run":true}"# }
    func becomes(_ how: String) -> JSONValue? { publish(api, wish(how)).json["runs"] }
    #expect(becomes("pin") == [["step": "0", "version": 1, "count": 2, "becomes": "0"]])
    #expect(becomes("follow") == [["step": "0", "version": 1, "count": 2, "becomes": "first"]])
    #expect(becomes("restart") == [["step": "0", "version": 1, "count": 2, "becomes": "restarted"]])
    #expect(runs(api) == ["ann 0 1", "bob 0 1"])
    #expect(publish(api, #"{"runs":"follow"}"#).json["version"] == 2)
    try api.settle()
    #expect(runs(api) == ["ann first 2", "bob first 2"])
    #expect(api.call("GET", "/v1/chains/cart").json["moving_to"] == .null)
    #expect(api.call("GET", "/v1/chains/cart/versions").items.map { $0["runs"] } == [2, 0])
    let figures = api.call("GET", "/metrics").text.split(separator: "\n").filter { $0.hasPrefix("zveno_chain_runs") }
    #expect(figures.map { $0.split(separator: " ").last } == ["2", "0"])
    #expect(publish(api, #"{"runs":"folow"}"#).status == 422)
  }

  @Test("whom `existing` would take is counted before, and not once more when the live version has taken them")
  func existing() throws {
    let api = try TestAPI()
    _ = api.call("PUT", "/v1/templates/a", #"{"subject":"Hello","text":"Hi"}"#)
    for (id, isVIP) in [("ann", true), ("bob", true), ("cat", false)] {
      _ = api.call("PUT", "/v1/contacts/\(id)", #"{"attributes":{"vip":\#(isVIP)}}"#)
    }
    _ = api.call("PUT", "/v1/segments/vip", #"{"is":{"contact":{"vip":true}}}"#)
    try api.settle()
    func existing(_ enter: String) -> JSONValue? {
      let chain = #"{"enter":[\#(enter)],"steps":[{"send":"email","template":"a"}]}"#
      #expect([200, 201].contains(api.call("PUT", "/v1/chains/cart", chain).status))
      return publish(api, #"{"dry_run":true}"#).json["existing"]
    }
    let (later, now) = (#"{"segment":"vip"}"#, #"{"segment":"vip","existing":true}"#)
    #expect(existing(later) == 0)
    #expect(existing(#"{"when":{"contact":{"vip":false}},"existing":true}"#) == 1)
    #expect(existing(now) == 2)
    #expect(publish(api, "{}").json["existing"] == 2)
    try api.settle()
    #expect(existing(now + #",{"when":{"contact":{"vip":false}},"existing":true}"#) == 1)
  }

  @Test("refused while runs stand at a step without id that has moved; with an id it follows")
  func refusesMoved() throws {
    let api = try api()
    let pushed = #"[{"set":{"stage":"new"}},{"wait":"8h"},{"send":"email","template":"a","id":"mail"}]"#
    save(pushed, api)
    for dry in ["true", "false"] {
      let answer = publish(api, #"{"runs":"follow","dry_run":\#(dry)}"#)
      #expect(answer.status == 422)
      #expect(answer.pointers == ["/steps/1"])
      let error = try #require(answer.json["errors"]?.array?.first)
      #expect(error["code"] == "moved")
      #expect(error["detail"]?.string?.hasPrefix("2 runs stand at the step `0` of version 1") == true)
    }
    save(#"[{"wait":"8h","id":"pause"},{"send":"email","template":"a","id":"mail"},{"wait":"1d","id":"pause2"}]"#, api)
    #expect(publish(api, #"{"runs":"follow"}"#).status == 200)
    try api.settle()
    save(#"[{"set":{"stage":"new"}},{"send":"email","template":"a","id":"mail"},{"wait":"8h","id":"pause"}]"#, api)
    #expect(publish(api, #"{"runs":"follow"}"#).status == 200)
    try api.settle()
    #expect(runs(api) == ["ann pause 3", "bob pause 3"])
  }

  @Test("a deleted last step completes the runs, which the dry run has said")
  func completes() throws {
    let api = try api(#"[{"send":"email","template":"a","id":"mail"},{"wait":"1d","id":"pause2"}]"#)
    #expect(runs(api, "?step=pause2") == ["ann pause2 1", "bob pause2 1"])
    #expect(runs(api, "?step=mail") == [])
    save(#"[{"send":"email","template":"a","id":"mail"}]"#, api)
    let dry = publish(api, #"{"runs":"follow","dry_run":true}"#)
    #expect(dry.json["runs"] == [["step": "pause2", "version": 1, "count": 2, "becomes": "completed"]])
    #expect(publish(api, #"{"runs":"follow"}"#).status == 200)
    try api.settle()
    #expect(runs(api) == [])
  }

  @Test("runs that were pinned go over by a later publish without a draft")
  func followsLater() throws {
    let api = try api()
    save(#"[{"wait":"10h"}]"#, api)
    #expect(publish(api).status == 200)
    #expect(publish(api, #"{"runs":"follow","dry_run":true}"#).json["version"] == 2)
    #expect(publish(api, #"{"runs":"follow"}"#).json["version"] == 2)
    try api.settle()
    #expect(runs(api) == ["ann 0 2", "bob 0 2"])
  }

  @Test("a rollback publishes the earlier document as the next version, under the same conditions")
  func rollsBack() throws {
    let api = try api()
    save(#"[{"wait":"10h"}]"#, api)
    let tag = try #require(publish(api, #"{"runs":"follow"}"#).header("ETag"))
    try api.settle()
    func rollBack(_ body: String, _ headers: [(name: String, value: String)] = []) -> Answer {
      api.call("POST", "/v1/chains/cart/rollback", body, headers: headers)
    }
    #expect(rollBack(#"{"version":7}"#).status == 404)
    #expect(rollBack(#"{"version":2}"#).status == 409)
    #expect(rollBack("{}").pointers == ["/version"])
    #expect(rollBack(#"{"version":1}"#, [("If-Match", "\"1\"")]).status == 412)
    let dry = rollBack(#"{"version":1,"runs":"follow","dry_run":true}"#)
    #expect(dry.json["version"] == 3)
    #expect(dry.json["runs"] == [["step": "0", "version": 2, "count": 2, "becomes": "0"]])
    #expect(rollBack(#"{"version":1,"runs":"follow"}"#, [("If-Match", tag)]).json["version"] == 3)
    try api.settle()
    #expect(runs(api) == ["ann 0 3", "bob 0 3"])
    let chain = api.call("GET", "/v1/chains/cart")
    #expect(chain.json["document"]?["steps"]?.array?.count == 3)
    #expect(chain.json["has_draft"] == false)
    #expect(api.call("POST", "/v1/chains/none/rollback", #"{"version":1}"#).status == 404)
  }

  @Test("who is inside is listed in pages")
  func lists() throws {
    let api = try api()
    let first = api.call("GET", "/v1/chains/cart/runs?limit=1&step=0")
    #expect(first.items.map { $0["contact"] } == ["ann"])
    #expect(first.items.first?["due_at"]?.string != nil)
    let next = try #require(first.json["next"]?.string)
    #expect(runs(api, "?limit=1&step=0&after=\(next)") == ["bob 0 1"])
    #expect(api.call("GET", "/v1/chains/none/runs").status == 404)
    #expect(api.call("GET", "/v1/chains/cart/runs?stp=0").status == 400)
  }
}
