import JSON
import SQL
import Testing

@testable import API

/// Lists, relations, enrolment and offers: what chains read and write beside messages.
@Suite struct LanguageRouteTests {
  @Test("a contact is put on a list, listed and taken off")
  func lists() throws {
    let api = try TestAPI()
    #expect(api.call("PUT", "/v1/lists/invited/members/ann").status == 404)
    _ = api.call("PUT", "/v1/contacts/ann", "{}")
    #expect(api.call("PUT", "/v1/lists/invited/members/ann").status == 201)
    #expect(api.call("PUT", "/v1/lists/invited/members/ann").status == 200)
    #expect(api.call("PUT", "/v1/lists/inv@ted/members/ann").status == 400)
    #expect(api.call("GET", "/v1/lists/invited/members").json["items"]?.array?.map { $0["id"] } == ["ann"])
    #expect(api.call("DELETE", "/v1/lists/invited/members/ann").status == 204)
    #expect(api.call("DELETE", "/v1/lists/invited/members/ann").status == 404)
    #expect(api.call("GET", "/v1/lists/invited/members").json["items"] == [])
  }

  @Test("a relation is one way, and nobody is his own")
  func relations() throws {
    let api = try TestAPI()
    for name in ["mia", "leo"] { _ = api.call("PUT", "/v1/contacts/\(name)", "{}") }
    #expect(api.call("PUT", "/v1/contacts/mia/relations/spouse/leo").status == 201)
    #expect(api.call("PUT", "/v1/contacts/mia/relations/spouse/leo").status == 200)
    #expect(api.call("PUT", "/v1/contacts/mia/relations/spouse/mia").status == 409)
    #expect(api.call("PUT", "/v1/contacts/mia/relations/spouse/nobody").status == 404)
    #expect(api.call("GET", "/v1/contacts/mia/relations").json["items"]?.array?.first?["id"] == "leo")
    #expect(api.call("GET", "/v1/contacts/leo/relations").json["items"] == [])
    #expect(api.call("DELETE", "/v1/contacts/mia/relations/spouse/leo").status == 204)
    #expect(api.call("DELETE", "/v1/contacts/mia/relations/spouse/leo").status == 404)
  }

  private func publish(_ api: TestAPI, _ id: String, _ document: String) {
    #expect(api.call("PUT", "/v1/chains/\(id)", document).status == 201)
    #expect(api.call("POST", "/v1/chains/\(id)/publish").status == 200)
  }

  @Test("a call enrols a contact where the chain lets calls in, and says why it does not elsewhere")
  func enrols() throws {
    let api = try TestAPI()
    publish(api, "invited", #"{"enter":{"api":true},"steps":[{"wait":"1d"}]}"#)
    publish(api, "closed", #"{"enter":{"event":"cart"},"steps":[{"wait":"1d"}]}"#)
    #expect(api.call("POST", "/v1/chains/invited/enroll", #"{"contact":"ann"}"#).pointers == ["/contact"])
    _ = api.call("PUT", "/v1/contacts/ann", "{}")
    let taken = api.call("POST", "/v1/chains/invited/enroll", #"{"contact":"ann","properties":{"seat":12}}"#)
    #expect(taken.status == 202)
    try api.settle()
    let card = api.call("GET", "/v1/contacts/ann").json
    #expect(card["runs"]?.array?.first?["chain"] == "invited")
    #expect(api.call("POST", "/v1/chains/closed/enroll", #"{"contact":"ann"}"#).status == 409)
    #expect(api.call("POST", "/v1/chains/none/enroll", #"{"contact":"ann"}"#).status == 404)
    #expect(api.call("POST", "/v1/chains/invited/enroll", #"{"segment":"vip"}"#).pointers == ["/segment"])
    #expect(api.call("POST", "/v1/chains/invited/enroll", "{}").pointers == ["/contact"])
  }

  @Test("what an `offer` step says is shown in its slot, rendered for the contact")
  func offers() throws {
    let api = try TestAPI()
    _ = api.call("PUT", "/v1/contacts/ann", #"{"attributes":{"first_name":"Ann"}}"#)
    let template = #"{"text":"{{contact.first_name}}, a gift for {{trigger.sku}}"}"#
    #expect(api.call("PUT", "/v1/templates/gift", template).status == 201)
    publish(
      api, "c", #"{"enter":{"event":"view"},"steps":[{"offer":"home-banner","template":"gift","for":"3d"}]}"#)
    _ = api.call("POST", "/v1/events", #"{"type":"view","contact":{"id":"ann"},"properties":{"sku":"s1"}}"#)
    try api.settle()
    let offer = api.call("GET", "/v1/contacts/ann/offers?slot=home-banner").json["items"]?.array?.first
    #expect(offer?["text"] == "Ann, a gift for s1" && offer?["chain"] == "c")
    #expect(api.call("GET", "/v1/contacts/ann/offers?slot=other").json["items"] == [])
    #expect(api.call("GET", "/v1/contacts/nobody/offers").status == 404)
  }

  @Test("a step that names a chain that is not there is refused on publish")
  func namesChains() throws {
    let api = try TestAPI()
    #expect(
      api.call("PUT", "/v1/chains/c", #"{"enter":{"event":"cart"},"steps":[{"enter":"othr"}]}"#).status == 201)
    let refused = api.call("POST", "/v1/chains/c/publish")
    #expect(refused.status == 422 && refused.pointers == ["/steps/0/enter"])
  }
}
