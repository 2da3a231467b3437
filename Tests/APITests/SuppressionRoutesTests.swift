import JSON
import Testing

@testable import API

@Suite struct SuppressionRoutesTests {
  @Test("an address is put on the list, found and taken off")
  func list() throws {
    let api = try TestAPI()
    #expect(api.call("POST", "/v1/suppressions", #"{"address":"Ann@Shop.example","reason":"complaint"}"#).status == 201)
    #expect(api.call("POST", "/v1/suppressions", #"{"address":"8 916 123-45-67","channel":"sms"}"#).status == 201)
    let list = api.call("GET", "/v1/suppressions")
    #expect(list.items.map { $0["address"] } == ["+79161234567", "ann@shop.example"])
    #expect(api.call("GET", "/v1/suppressions?address=ANN@shop.example").items.count == 1)
    #expect(api.call("DELETE", "/v1/suppressions?address=ann@shop.example").status == 204)
    #expect(api.call("DELETE", "/v1/suppressions", #"{"address":"ann@shop.example"}"#).status == 404)
    #expect(api.call("DELETE", "/v1/suppressions", #"{"address":"+79161234567","channel":"sms"}"#).status == 204)
    #expect(api.call("GET", "/v1/suppressions").items.isEmpty)
  }

  @Test("pages go on where the last ended")
  func pages() throws {
    let api = try TestAPI()
    for name in ["a", "b", "c"] {
      _ = api.call("POST", "/v1/suppressions", #"{"address":"\#(name)@shop.example"}"#)
    }
    let first = api.call("GET", "/v1/suppressions?limit=2")
    let next = try #require(first.json["next"]?.string)
    let rest = api.call("GET", "/v1/suppressions?limit=2&after=" + next)
    #expect((first.items + rest.items).map { $0["address"] } == ["a@shop.example", "b@shop.example", "c@shop.example"])
  }

  @Test("an address that its channel cannot have is refused")
  func refused() throws {
    let api = try TestAPI()
    #expect(api.call("POST", "/v1/suppressions", #"{"address":"ann","channel":"email"}"#).pointers == ["/address"])
    #expect(api.call("POST", "/v1/suppressions", "{}").pointers == ["/address"])
    #expect(api.call("DELETE", "/v1/suppressions").status == 422)
  }
}
