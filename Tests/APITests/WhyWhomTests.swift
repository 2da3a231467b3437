import Domain
import JSON
import Testing

/// Triggers that enroll others, times, calls and other chains: whose event it was, and whether it led to this contact.
/// The clock stands at 2026-03-02T12:00:00Z.
@Suite struct WhyWhomTests {
  private func api(_ chain: String, adjust: (inout Rules) -> Void = { _ in }) throws -> TestAPI {
    let api = try TestAPI(adjust)
    _ = api.call("PUT", "/v1/templates/hello", #"{"subject":"Hello","text":"Hi"}"#)
    for name in ["ann", "bob"] {
      _ = api.call("PUT", "/v1/contacts/\(name)", #"{"email":"\#(name)@shop.example","attributes":{"city":"Tula"}}"#)
    }
    try publish(api, "chain", chain)
    return api
  }

  private func publish(_ api: TestAPI, _ id: String, _ chain: String) throws {
    let saved = api.call("PUT", "/v1/chains/\(id)", chain)
    #expect(saved.status == 201, "\(saved.text)")
    let published = api.call("POST", "/v1/chains/\(id)/publish")
    #expect(published.status == 200, "\(published.text)")
    try api.settle()
  }

  private func happen(_ api: TestAPI, _ id: String, _ type: String, _ contact: String, _ properties: String) throws {
    let event = #"{"id":"\#(id)","type":"\#(type)","contact":{"id":"\#(contact)"},"properties":\#(properties)}"#
    #expect(api.call("POST", "/v1/events", event).status == 202)
    try api.settle()
  }

  private func pass(_ api: TestAPI, hours: Int64) throws {
    api.now += hours * 3_600_000
    try api.settle()
  }

  private func why(_ api: TestAPI, _ contact: String = "ann", _ chain: String = "chain") -> JSONValue {
    let answer = api.call("GET", "/v1/chains/\(chain)/why/\(contact)")
    #expect(answer.status == 200, "\(answer.text)")
    return answer.json
  }

  @Test func `an event that names somebody is told of him, and not of who it does not name`() throws {
    let api = try api(
      #"""
      {"enter":{"event":"purchase","where":{"total":{">=":100}},"enroll":{"from":"trigger.referrer_id"}},
       "steps":[{"wait":"1d"}]}
      """#)
    #expect(why(api)["because"]?.string?.contains("of somebody whose trigger.referrer_id names him") == true)
    try happen(api, "p1", "purchase", "bob", #"{"total":50,"referrer_id":"ann"}"#)
    try happen(api, "p2", "purchase", "bob", #"{"total":200,"referrer_id":"carl"}"#)
    let refused = why(api)
    #expect(refused["attempts"]?.array?.map { $0["event"] } == ["p1"])
    #expect(refused["attempts"]?.array?.first?["contact"] == "bob")
    #expect(
      refused["because"]
        == "the newest `purchase` p1 of 2026-03-02T12:00Z began no run: `where` asks for another `purchase` with total >= 100 (it is 50)"
    )
    try happen(api, "p3", "purchase", "ann", #"{"total":200}"#)
    #expect(
      why(api)["because"]?.string?.hasSuffix(
        "`enroll` asks for one whose trigger.referrer_id names ann: this one is by ann and names nobody") == true)
    try happen(api, "p4", "purchase", "bob", #"{"total":200,"referrer_id":"email:ann@shop.example"}"#)
    let entered = why(api)
    #expect(entered["outcome"] == "inside")
    #expect(entered["attempts"]?.array?.map { $0["outcome"] } == ["entered", "refused", "refused"])
    #expect(entered["runs"]?.array?.first?["entered_by"]?["contact"] == "bob")
    let bob = why(api, "bob")
    #expect(
      bob["because"]?.string?.hasSuffix(
        "names bob: this one is by bob and names ann") == true, "\(bob["because"] ?? .null)")
  }

  @Test func `an event of whoever stands in the relation is told, and what stood in its way then`() throws {
    let api = try api(
      #"""
      {"enter":{"event":"purchase","enroll":{"relation":"spouse"}},
       "only_if":{"all":[{"of":"trigger","is":{"contact":{"city":"Tula"}}},{"did":"visit"}]},"steps":[{"wait":"1d"}]}
      """#)
    try happen(api, "p1", "purchase", "bob", "{}")
    try pass(api, hours: 1)
    #expect(api.call("PUT", "/v1/contacts/bob/relations/spouse/ann").status < 300)
    #expect(
      why(api)["because"]?.string?.hasSuffix(
        "`enroll` asks for one by somebody who has ann as his spouse: bob had not") == true, "\(why(api))")
    try pass(api, hours: 1)
    try happen(api, "p2", "purchase", "bob", "{}")
    let told = why(api)
    #expect(
      told["because"]?.string?.hasSuffix("p2 of 2026-03-02T14:00Z began no run: `only_if` asks for a `visit`") == true)
    let parts = told["checks"]?.array?.first { $0["pointer"] == "/only_if" }?["checks"]?.array
    #expect(parts?.map { $0["holds"] } == [true, false])
    try happen(api, "v1", "visit", "ann", "{}")
    try happen(api, "p3", "purchase", "bob", "{}")
    #expect(why(api)["outcome"] == "inside")
  }

  @Test func `of a schedule it is asked whether he was among its people when its time came for him`() throws {
    let api = try api(
      #"""
      {"enter":{"schedule":"2026-03-02T16:00","to":{"contact":{"city":"Kazan"}}},"steps":[{"wait":"1d"}]}
      """#)
    #expect(
      why(api)["because"]
        == "nothing has let him in: it takes the schedule's time, which comes for him at 2026-03-02T16:00Z, and that `to` holds then"
    )
    try pass(api, hours: 5)
    let told = why(api)
    #expect(
      told["because"]
        == #"nothing has let him in: it takes `to` to have held for him at 2026-03-02T16:00Z: contact.city = "Kazan" (it is "Tula")"#,
      "\(told["because"] ?? .null)")
    #expect(told["checks"]?.array?.first?["checks"]?.array?.first?["pointer"] == "/enter/to")
    #expect(api.call("PUT", "/v1/contacts/eve", #"{"attributes":{"city":"Kazan"}}"#).status == 201)
    #expect(why(api, "eve")["because"]?.string?.hasSuffix("at 2026-03-02T16:00Z he was not known yet") == true)
  }

  @Test func `of a date it is said when it comes, or that there is none that can be read`() throws {
    let api = try api(#"{"enter":{"date":"birthday","offset":"-3d","at":"10:00"},"steps":[{"wait":"1d"}]}"#)
    #expect(why(api)["because"]?.string?.hasSuffix("a birthday of his: he has none") == true)
    #expect(api.call("PUT", "/v1/contacts/ann", #"{"attributes":{"birthday":"in May"}}"#).status == 200)
    try api.settle()
    #expect(why(api)["because"]?.string?.hasSuffix(#"a birthday such as 2026-03-08: his is "in May""#) == true)
    #expect(api.call("PUT", "/v1/contacts/ann", #"{"attributes":{"birthday":"1990-05-10"}}"#).status == 200)
    try api.settle()
    let told = why(api)
    #expect(told["because"]?.string?.hasSuffix("his birthday: its time comes at 2026-05-07T10:00Z") == true)
    #expect(told["checks"]?.array?.first?["saw"]?["next"] == "2026-05-07T10:00:00.000Z")
  }

  @Test func `a call and another chain's step are attempts like any event`() throws {
    let invited = #"{"enter":{"api":true},"only_if":{"trigger":{"seat":{">":10}}},"steps":[{"wait":"1d"}]}"#
    let api = try api(invited)
    try publish(api, "host", #"{"enter":{"event":"signup"},"steps":[{"enter":"chain"}]}"#)
    #expect(why(api)["because"]?.string?.hasSuffix("a call of /v1/chains/chain/enroll that names him") == true)
    let call = api.call("POST", "/v1/chains/chain/enroll", #"{"contact":"ann","properties":{"seat":5}}"#)
    #expect(call.status < 300, "\(call.text)")
    try api.settle()
    let told = why(api)
    #expect(told["attempts"]?.array?.first?["type"] == "enroll.requested")
    #expect(
      told["because"]?.string?.hasSuffix("seat > 10 (it is 5)") == true,
      "\(told["because"] ?? .null)")
    try happen(api, "s1", "signup", "ann", #"{"seat":7}"#)
    #expect(why(api)["because"]?.string?.hasSuffix("seat > 10 (it is 7)") == true)
    try happen(api, "s2", "signup", "bob", #"{"seat":12}"#)
    #expect(why(api, "bob")["outcome"] == "inside")
  }

  @Test func `what holds a letter back is named in the sentence about it`() throws {
    let letter =
      #"{"enter":{"event":"cart"},"reenter":"always","hours":"09:00..14:00","steps":[{"send":"email","template":"hello","id":"mail"}]}"#
    let api = try api(letter) { rules in
      rules.caps = [FrequencyCap(channels: ["email"], limit: 1, per: Span(milliseconds: 3_600_000))]
      rules.quietAfter = ["purchase": Span(milliseconds: 7_200_000)]
    }
    func last() -> String {
      why(api)["runs"]?.array?.first?["messages"]?.array?.first?["because"]?.string ?? ""
    }
    try happen(api, "c1", "cart", "ann", "{}")
    #expect(last() == "was handed over at 2026-03-02T12:00Z")
    try happen(api, "c2", "cart", "ann", "{}")
    #expect(
      last()
        == "is held back until 2026-03-02T13:00Z: cap email 1 per 1h: won by chain; it is dropped at 2026-03-03T12:00Z"
    )
    try pass(api, hours: 2)
    try happen(api, "p1", "purchase", "ann", "{}")
    try happen(api, "c3", "cart", "ann", "{}")
    #expect(last().hasPrefix("is held back until 2026-03-03T09:00Z: quiet_after purchase"), "\(last())")
    try pass(api, hours: 4)
    try happen(api, "c4", "cart", "ann", "{}")
    #expect(last().hasPrefix("is held back until 2026-03-03T09:00Z: it is not in the allowed hours now"), "\(last())")
    #expect(api.call("POST", "/v1/chains/chain/pause").status == 200)
    try pass(api, hours: 20)
    #expect(last() == "waits for the chain, which is paused")
  }
}
