import JSON
import Testing

@testable import API

@Suite struct DoubtfulNamesTests {
  private let chain = """
    {
      "enter": {"event": "cart", "where": {"totl": {">": 1}}},
      "only_if": {"contact": {"citi": "Kazan"}},
      "steps": [{"send": "email", "template": "a"}]
    }
    """

  private func api(events: Int) throws -> TestAPI {
    let api = try TestAPI()
    #expect(api.call("PUT", "/v1/templates/a", #"{"subject":"Hi","text":"Hi"}"#).status == 201)
    for number in 0..<events {
      let contact = "c\(number)"
      _ = api.call("PUT", "/v1/contacts/\(contact)", #"{"attributes":{"city":"Kazan"}}"#)
      let event = #"{"type":"cart","contact":{"id":"\#(contact)"},"properties":{"cart_id":"1","total":4000}}"#
      #expect(api.call("POST", "/v1/events", event).status == 202)
    }
    return api
  }

  @Test("a property or attribute that nothing had is doubted when a chain is looked at, saved and published")
  func doubts() throws {
    let api = try api(events: 12)
    let answers = [
      api.call("POST", "/v1/chains/validate", chain), api.call("PUT", "/v1/chains/cart", chain),
      api.call("POST", "/v1/chains/cart/publish", "{}"),
    ]
    for answer in answers {
      let warnings = answer.json["warnings"]?.array ?? []
      #expect(warnings.map { $0["pointer"] } == ["/enter/where/totl", "/only_if/contact/citi"], "\(warnings)")
      #expect(warnings.map { $0["hint"] } == ["did you mean `total`?", "did you mean `city`?"])
      #expect(warnings.first?["line"] == 2 && warnings.first?["column"] == 40)
    }
  }

  @Test("a young shop is not bothered")
  func trusts() throws {
    #expect(try api(events: 3).call("POST", "/v1/chains/validate", chain).json["warnings"] == [])
  }
}
