import Domain
import Engine
import Ingest
import JSON
import SQL
import Testing

@testable import API

@Suite("Why a contact got it, did not, or never entered")
struct WhyRoutesTests {
  private static let chain = """
    {"enter":{"event":"cart","where":{"total":{">=":1000}}},"stop_when":{"did":"purchase"},"steps":[
      {"wait":"8h","id":"pause"},{"send":"email","template":"hello","id":"letter"},
      {"wait_for":{"opened":"letter"},"at_most":"48h","id":"look","then":[{"send":"sms","template":"hello","id":"text"}]},
      {"if":{"did":"view","within":"7d"},"then":[{"wait":"1d","id":"rest"}],"else":[{"exit":"cold"}]}]}
    """

  private func api(_ chain: String = chain, publishes: Bool = true) throws -> TestAPI {
    let api = try TestAPI()
    _ = api.call("PUT", "/v1/templates/hello", #"{"subject":"Hello","text":"Hi"}"#)
    _ = api.call("PUT", "/v1/contacts/ann", #"{"email":"ann@shop.example","phone":"+79161234567"}"#)
    let saved = api.call("PUT", "/v1/chains/cart", chain)
    #expect(saved.status == 201, "\(saved.text)")
    if publishes { #expect(api.call("POST", "/v1/chains/cart/publish").status == 200) }
    try api.settle()
    return api
  }

  private func happen(_ api: TestAPI, _ event: String) throws {
    #expect(api.call("POST", "/v1/events", event).status == 202)
    try api.settle()
  }

  private func pass(_ api: TestAPI, hours: Int64) throws {
    api.now += hours * 3_600_000
    try api.settle()
  }

  private func why(_ api: TestAPI, _ query: String = "") -> JSONValue {
    let answer = api.call("GET", "/v1/chains/cart/why/ann" + query)
    #expect(answer.status == 200, "\(answer.text)")
    return answer.json
  }

  @Test func `an entry that ended the server's process again and again is told, and not judged anew`() throws {
    let api = try api()
    try happen(api, #"{"id":"c1","type":"cart","contact":{"id":"ann"},"properties":{"total":100}}"#)
    #expect(why(api)["because"]?.string?.contains("`where` asks for") ?? false)
    // As the engine leaves it.
    try api.writer.perform { db, _ in
      let seq = try db.first("SELECT max(seq) FROM events") { $0.int(0) } ?? 0
      try Facts.write("engine.left_aside.1.\(seq)", "3", db)
    }
    let answer = why(api)
    #expect(
      answer["because"]?.string
        == "the newest `cart` c1 of 2026-03-02T12:00Z began no run: it needs to be decided: 3 times the server's process has ended "
        + "in the middle of that, and it was left aside")
    #expect(answer["checks"]?.array?.count == 1)
  }

  @Test("a whole life is told: entered, waited, letter opened, text skipped without consent, ended by a purchase")
  func life() throws {
    let api = try api()
    try happen(api, #"{"id":"v1","type":"view","contact":{"id":"ann"}}"#)
    try happen(api, #"{"id":"c1","type":"cart","contact":{"id":"ann"},"properties":{"total":1500}}"#)
    let waiting = why(api)
    #expect(waiting["outcome"] == "inside")
    #expect(
      waiting["because"] == "he is inside since 2026-03-02T12:00Z, at `pause`, which waits until 2026-03-02T20:00Z")
    #expect(waiting["checks"]?.array?.first?["would_hold"] == "a `purchase` since entry")

    try pass(api, hours: 8)
    let looking = why(api)
    let look = looking["runs"]?.array?.first?["stands"]
    #expect(look?["step"] == "look")
    #expect(look?["until"] == "2026-03-04T20:00:00.000Z")
    #expect(look?["checks"]?.array?.first?["pointer"] == "/steps/2/wait_for")
    #expect(look?["checks"]?.array?.first?["would_hold"] == "the message of `letter` opened by a person or clicked")

    try pass(api, hours: 2)
    try api.writer.perform { db, now in
      let opened = MessageEvent(
        type: "message.opened", message: 1, contact: 1, channel: "email", chain: "cart", step: "letter")
      try api.log.append(own: [opened.incoming], now: now, db)
    }
    try api.settle()
    try pass(api, hours: 1)
    try happen(api, #"{"id":"p1","type":"purchase","contact":{"id":"ann"}}"#)

    let told = why(api)
    #expect(told["outcome"] == "stopped")
    let because = told["because"]?.string ?? ""
    #expect(because.hasPrefix("`stop_when` (/stop_when) ended his run at 2026-03-02T23:00Z by the `purchase` p1"))
    #expect(because.contains("of 2 messages 1 left"), "\(because)")
    #expect(told["checks"]?.array?.first?["events"] == ["p1"])
    let run = try #require(told["runs"]?.array?.first)
    #expect(run["entered_by"]?["event"] == "c1")
    #expect(run["entered_by"]?["trigger"] == "/enter")
    let moves = try #require(run["moves"]?.array)
    #expect(moves.map { $0["cause"] } == ["entry", "time", "message", "event", "message", "event"])
    #expect(
      moves.map { ($0["steps"]?.array ?? []).compactMap { $0["step"]?.string } } == [
        ["pause"], ["letter"], ["look"], ["look", "text"], ["3", "rest"], [],
      ])
    let branch = moves[4]["steps"]?.array?.first
    #expect(branch?["outcome"] == ["then"])
    #expect(branch?["checks"]?.array?.first?["events"] == ["v1"])
    #expect(branch?["differs"] == nil)
    let messages = try #require(run["messages"]?.array)
    #expect(messages.map { $0["status"] } == ["sent", "skipped"])
    #expect(
      messages[0]["because"] == "was handed over at 2026-03-02T20:00Z, opened at 2026-03-02T22:00Z")
    #expect(
      messages[1]["because"]
        == "was skipped: no consent to `sms` (he had said nothing, and the channel asks first)")
    #expect(run["ended"]?["event"] == "p1")
  }

  /// What the chain says besides, what happens, and the rule that says no with what it wants.
  private static let refusals = [
    (
      "", #"{"id":"c1","type":"visit","contact":{"id":"ann"}}"#, "/enter",
      "a `cart` with total >= 1000: there is none of his on record"
    ),
    (
      "", #"{"id":"c1","type":"cart","contact":{"id":"ann"},"properties":{"total":500}}"#, "/enter/where",
      "another `cart` with total >= 1000 (it is 500)"
    ),
    (
      #""only_if":{"did":"purchase","within":"30d"},"#,
      #"{"id":"c1","type":"cart","contact":{"id":"ann"},"properties":{"total":1500}}"#, "/only_if",
      "a `purchase` within 30d"
    ),
    (
      "", #"{"id":"c1","type":"cart","contact":{"id":"ann"},"at":"2026-02-01T00:00:00Z","properties":{"total":1500}}"#,
      "",
      "an event that is told within 1d of when it happened: this one was history when it came"
    ),
  ]

  @Test("of who never entered, the first rule that said no is named", arguments: refusals)
  func refused(_ more: String, _ event: String, _ pointer: String, _ wish: String) throws {
    let api = try api(#"{"enter":{"event":"cart","where":{"total":{">=":1000}}},\#(more)"steps":[{"wait":"1h"}]}"#)
    try happen(api, event)
    // What he does later changes nothing about why he was refused then.
    try happen(api, #"{"id":"p1","type":"purchase","contact":{"id":"ann"}}"#)
    let told = why(api)
    #expect(told["outcome"] == "never_entered")
    #expect(told["runs"] == [])
    let failed = try #require(told["checks"]?.array?.first { $0["holds"] == false })
    #expect(failed["pointer"]?.string == pointer)
    #expect(failed["would_hold"]?.string == wish)
    #expect(told["because"]?.string?.hasSuffix(wish) == true, "\(told["because"] ?? .null)")
  }

  @Test("a chain that was paused, or not yet published, let nobody in then, whatever it is now")
  func notLive() throws {
    let cart = #"{"type":"cart","contact":{"id":"ann"},"properties":{"total":1500}}"#
    let api = try api(publishes: false)
    #expect(why(api)["because"] == "the chain has never been published")
    try happen(api, cart)
    try pass(api, hours: 1)
    #expect(api.call("POST", "/v1/chains/cart/publish").status == 200)
    #expect(why(api)["because"]?.string?.hasSuffix("it needs a published chain: it was not yet") == true)
    #expect(api.call("POST", "/v1/chains/cart/pause").status == 200)
    try happen(api, cart)
    try pass(api, hours: 1)
    #expect(api.call("POST", "/v1/chains/cart/resume").status == 200)
    try api.settle()
    let told = why(api)
    #expect(
      told["because"]?.string?.hasSuffix("it needs a chain that is not paused: it was since 2026-03-02T13:00Z") == true)
    #expect(told["attempts"]?.array?.count == 2)
  }

  @Test("an event that came while he was inside says which run stood in the way")
  func again() throws {
    let cart = #"{"type":"cart","contact":{"id":"ann"},"properties":{"total":1500}}"#
    let api = try api()
    try happen(api, cart)
    try pass(api, hours: 1)
    try happen(api, cart)
    let told = why(api)
    #expect(told["outcome"] == "inside")
    let attempts = try #require(told["attempts"]?.array)
    #expect(attempts.map { $0["outcome"] } == ["refused", "entered"])
    #expect(
      told["because"]?.string?.hasSuffix(
        "began no run: `reenter` asks for the end of run 1, in which he was since 2026-03-02T12:00Z") == true)
  }

  @Test("who is held out is told so, and runs come in pages, the newest first")
  func heldOut() throws {
    let api = try api(#"{"enter":{"event":"cart"},"holdout":"100%","reenter":"always","steps":[{"wait":"1h"}]}"#)
    for _ in 0..<3 { try happen(api, #"{"type":"cart","contact":{"id":"ann"}}"#) }
    let first = why(api, "?limit=2")
    #expect(first["outcome"] == "held_out")
    #expect(first["runs"]?.array?.map { $0["id"] } == ["3", "2"])
    let next = try #require(first["next"]?.string)
    let second = why(api, "?limit=2&after=\(next)")
    #expect(second["runs"]?.array?.map { $0["id"] } == ["1"])
    #expect(second["next"] == .null)
  }

  @Test("says what is missing, takes any of the contact's names, and wants a key that may read")
  func asking() throws {
    let api = try api()
    #expect(api.call("GET", "/v1/chains/cart/why/email:ann@shop.example").json["contact"] == "ann")
    #expect(api.call("GET", "/v1/chains/none/why/ann").json["detail"] == "there is no chain none")
    #expect(api.call("GET", "/v1/chains/cart/why/bob").json["detail"] == "there is no contact bob")
    let version = api.call("GET", "/v1/chains/cart/why/ann?version=9")
    #expect(version.status == 404)
    #expect(version.json["detail"] == "the chain cart has no version 9 that can be read")
    #expect(api.call("GET", "/v1/chains/cart/why/ann?version=x").status == 400)
    #expect(api.call("GET", "/v1/chains/cart/why/ann", key: nil).status == 401)
    let key = api.call("POST", "/v1/keys", #"{"name":"shop","scopes":["events"]}"#).json["key"]?.string
    #expect(api.call("GET", "/v1/chains/cart/why/ann", key: key).status == 403)
  }
}
