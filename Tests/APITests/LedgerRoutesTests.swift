import JSON
import SQL
import Testing

@testable import API

@Suite struct LedgerRoutesTests {
  /// A letter and a call to Ann, both handed over.
  private func api() throws -> TestAPI {
    let api = try TestAPI()
    _ = api.call(
      "PUT", "/v1/templates/hello",
      #"{"subject":"Hello {{contact.first_name}}","text":"Hi","html":"<a href=\"https://shop.example/x\">x</a>"}"#)
    _ = api.call(
      "PUT", "/v1/contacts/ann",
      #"{"email":"ann@shop.example","phone":"+79161234567","attributes":{"first_name":"Ann"}}"#)
    let chain = """
      {"enter": {"event": "signup"}, "purpose": "transactional", "steps": [
        {"send": "email", "template": "hello", "id": "letter"},
        {"send": "call", "template": "hello", "id": "call", "queue": "sales"},
        {"wait_for": {"did": "call.answered"}, "at_most": "2d", "then": [{"exit": "spoke"}], "else": []}]}
      """
    #expect(api.call("PUT", "/v1/chains/hello", chain).status == 201)
    #expect(api.call("POST", "/v1/chains/hello/publish").status == 200)
    #expect(api.call("POST", "/v1/events", #"{"type":"signup","contact":{"id":"ann"}}"#).status == 202)
    try api.settle()
    return api
  }

  @Test("the ledger lists messages and shows one whole")
  func messages() throws {
    let api = try api()
    let list = api.call("GET", "/v1/messages?contact=ann&chain=hello&status=sent")
    #expect(list.items.map { $0["channel"] } == ["email", "call"])
    #expect(list.items.map { $0["to"] } == ["ann@shop.example", "+79161234567"])
    let id = try #require(list.items.first?["id"]?.string)
    let letter = api.call("GET", "/v1/messages/" + id).json
    #expect(letter["subject"] == "Hello Ann")
    #expect(letter["text"] == "Hi")
    #expect(api.call("GET", "/v1/messages?contact=nobody").items.isEmpty)
    #expect(api.call("GET", "/v1/messages?status=gone").status == 400)
    #expect(api.call("GET", "/v1/messages/9999").status == 404)
    #expect(api.call("GET", "/v1/messages/x").status == 404)
  }

  @Test("a message whose outcome is known has nothing to resolve, an unknown one has")
  func resolve() throws {
    let api = try api()
    let id = try #require(api.call("GET", "/v1/messages").items.first?["id"]?.string)
    #expect(api.call("POST", "/v1/messages/\(id)/resolve", #"{"as":"sent"}"#).status == 409)
    #expect(api.call("POST", "/v1/messages/\(id)/resolve", #"{"as":"lost"}"#).status == 422)
    try api.writer.perform { db, _ in
      try db.run("UPDATE messages SET status = 'unknown' WHERE id = $1", [.int(Int64(id) ?? 0)])
    }
    #expect(api.call("POST", "/v1/messages/\(id)/resolve", #"{"as":"sent"}"#).json["status"] == "sent")
  }

  @Test("a task is claimed by one operator, completed, and its outcome moves the run")
  func tasks() throws {
    let api = try api()
    let task = try #require(api.call("GET", "/v1/tasks?queue=sales&status=open").items.first)
    let path = "/v1/tasks/" + (task["id"]?.string ?? "")
    #expect(task["subject"] == "Hello Ann")
    let claimed = api.call("POST", path + "/claim", #"{"operator":"olga","minutes":15}"#)
    #expect(claimed.json["status"] == "claimed")
    #expect(api.call("POST", path + "/claim", #"{"operator":"ivan"}"#).status == 409)
    #expect(api.call("POST", path + "/claim", #"{"minutes":0}"#).pointers == ["/operator", "/minutes"])
    #expect(api.call("POST", path + "/complete", #"{"outcome":"answered","operator":"ivan"}"#).status == 409)
    #expect(api.call("POST", path + "/complete", #"{"outcome":"spoke"}"#).status == 422)
    let done = api.call("POST", path + "/complete", #"{"outcome":"answered","note":"will come"}"#)
    #expect(done.json["status"] == "done")
    #expect(api.call("POST", path + "/complete", #"{"outcome":"answered"}"#).status == 409)
    try api.settle()
    #expect(api.call("GET", "/v1/tasks?status=open").items.isEmpty)
    #expect(api.call("GET", "/v1/contacts/ann/timeline").items.first?["type"] == "call.answered")
    #expect(api.call("GET", "/metrics").text.contains(#"chain="hello",version="1",step="",outcome="spoke"} 1"#))
  }
}
