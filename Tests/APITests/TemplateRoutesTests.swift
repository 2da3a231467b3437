import JSON
import Testing

@testable import API

@Suite struct TemplateRoutesTests {
  private let letter =
    #"{"name":"Cart","subject":"{{contact.first_name}}, your cart","text":"Total {{trigger.total}}"}"#

  @Test("a template is saved as versions, read and listed")
  func versions() throws {
    let api = try TestAPI()
    let made = api.call("PUT", "/v1/templates/cart-1", letter)
    #expect(made.status == 201)
    #expect(made.header("ETag") == "\"1\"")
    let again = api.call("PUT", "/v1/templates/cart-1", letter)
    #expect(again.status == 200)
    #expect(again.json["version"] == 1)
    let next = api.call("PUT", "/v1/templates/cart-1", #"{"text":"Hi"}"#, headers: [("If-Match", "\"1\"")])
    #expect(next.json["version"] == 2)
    #expect(api.call("PUT", "/v1/templates/cart-1", letter, headers: [("If-Match", "\"1\"")]).status == 412)
    #expect(api.call("GET", "/v1/templates/cart-1").json["text"] == "Hi")
    #expect(api.call("GET", "/v1/templates").items.map { $0["id"] } == ["cart-1"])
    #expect(api.call("GET", "/v1/templates/none").status == 404)
  }

  @Test("an unknown name is refused on save with its place")
  func unknownName() throws {
    let api = try TestAPI()
    let answer = api.call("PUT", "/v1/templates/cart-1", #"{"text":"Hi {{contakt.first_name}}"}"#)
    #expect(answer.status == 422)
    #expect(answer.pointers == ["/text"])
    #expect(api.call("PUT", "/v1/templates/cart-1", "{").status == 422)
    #expect(api.call("PUT", "/v1/templates/cart-1", #"{"text":"{{> footer}}"}"#).status == 422)
    #expect(api.call("PUT", "/v1/templates/footer", #"{"partial":true,"text":"Bye"}"#).status == 201)
    #expect(api.call("PUT", "/v1/templates/cart-1", #"{"text":"{{> footer}}"}"#).status == 201)
  }

  @Test("a preview shows what a contact would get, and names what he lacks")
  func preview() throws {
    let api = try TestAPI()
    _ = api.call("PUT", "/v1/templates/cart-1", letter)
    _ = api.call("PUT", "/v1/contacts/ann", #"{"attributes":{"first_name":"Ann"}}"#)
    let answer = api.call("POST", "/v1/templates/cart-1/preview", #"{"contact":"ann","trigger":{"total":40}}"#)
    #expect(answer.status == 200)
    #expect(answer.json == ["subject": "Ann, your cart", "text": "Total 40", "html": nil])
    let written = api.call(
      "POST", "/v1/templates/cart-1/preview", #"{"contact":{"first_name":"Bob"},"trigger":{"total":4}}"#)
    #expect(written.json["subject"] == "Bob, your cart")
    let lacking = api.call("POST", "/v1/templates/cart-1/preview", #"{"contact":"ann"}"#)
    #expect(lacking.status == 422)
    #expect(lacking.json["detail"]?.string?.contains("trigger.total") == true)
    #expect(api.call("POST", "/v1/templates/cart-1/preview", #"{"contact":"eve"}"#).pointers == ["/contact"])
    #expect(api.call("POST", "/v1/templates/none/preview", "{}").status == 404)
  }
}
