import JSON
import Testing

@Suite("POST /v1/chains/{id}/test")
struct ChainTestRoutesTests {
  private static func chain(_ wait: String, channel: String = "email") -> String {
    """
    {"enter": {"event": "cart"}, "steps": [{"wait": "\(wait)"}, {"send": "\(channel)", "template": "letter"}]}
    """
  }

  private static func tests(chain: String = "cart", after: String) -> String {
    """
    {"chain": "\(chain)", "starts": "2026-03-02T09:00:00Z", "tests": [
      {"name": "a letter", "contacts": [{"id": "ann", "email": "ann@shop.example"}],
       "timeline": [{"after": "0h", "type": "cart", "contact": "ann"}], "until": "7d",
       "expect": [{"after": "\(after)", "send": "email", "template": "letter", "contact": "ann"}]}]}
    """
  }

  private func world(_ chain: String) throws -> TestAPI {
    let world = try TestAPI()
    let letter = "{\"text\": \"Hello {{> footer}}\"}"
    #expect(world.call("PUT", "/v1/templates/footer", "{\"partial\": true, \"text\": \"Shop\"}").status == 201)
    #expect(world.call("PUT", "/v1/templates/letter", letter).status == 201)
    #expect(world.call("PUT", "/v1/chains/cart", chain).status == 201)
    return world
  }

  @Test("the draft is tested, else the live version, and nothing of it stays")
  func draftElseLive() throws {
    let world = try world(Self.chain("8h"))
    #expect(world.call("POST", "/v1/chains/cart/publish").status == 200)
    let live = world.call("POST", "/v1/chains/cart/test", Self.tests(after: "8h"))
    #expect(live.status == 200)
    #expect(live.json["passed"]?.number?.int == 1)
    #expect(world.call("PUT", "/v1/chains/cart", Self.chain("9h")).status == 200)
    let draft = world.call("POST", "/v1/chains/cart/test", Self.tests(after: "8h"))
    #expect(draft.json["failed"]?.number?.int == 1)
    let test = draft.json["tests"]?.array?.first
    #expect(test?["expected"]?.array?.first?["after"]?.string == "8h")
    #expect(test?["actual"]?.array?.first?["after"]?.string == "9h")
    #expect(world.call("GET", "/v1/messages").json["items"]?.array == [])
    #expect(world.call("GET", "/v1/contacts/ann").status == 404)
  }

  @Test("tests of another chain, of none and of one that cannot be published are refused")
  func refuses() throws {
    let world = try world(Self.chain("8h", channel: "fax"))
    let other = world.call("POST", "/v1/chains/cart/test", Self.tests(chain: "card", after: "8h"))
    #expect(other.status == 422)
    #expect(other.json["errors"]?.array?.first?["pointer"]?.string == "/chain")
    let broken = world.call("POST", "/v1/chains/cart/test", Self.tests(after: "8h"))
    #expect(broken.status == 422)
    #expect(broken.json["errors"]?.array?.first?["pointer"]?.string == "/steps/1/send")
    #expect(world.call("POST", "/v1/chains/none/test", Self.tests(chain: "none", after: "8h")).status == 404)
    #expect(world.call("POST", "/v1/chains/cart/test", "{\"chain\": \"cart\"}").status == 422)
  }
}
