import Foundation
import JSON
import Testing

/// Keys, and what the real server does with the fields that go with them.
@Suite("Keys and their calls") struct KeyWalkTests {
  @Test func `what was answered under an Idempotency-Key is answered again after kill -9`() throws {
    let shop = try Shop(clock: nil)
    let event: JSONValue = ["type": "cart", "contact": ["id": "ann"]]
    func post() throws -> Answer {
      try Call.make(
        "POST", "/v1/events", port: try #require(shop.zveno).port,
        headers: [
          ("Authorization", "Bearer \(Zveno.adminKey)"), ("Content-Type", "application/json"),
          ("Idempotency-Key", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ], body: event.serialized())
    }
    let first = try post()
    #expect(first.status == 202 && first.header("Idempotent-Replayed") == nil)
    shop.killHard()
    try shop.open()
    let again = try post()
    #expect(again.status == 202 && again.body == first.body && again.header("Idempotent-Replayed") == "true")
    let events = try shop.ask("GET", "/v1/contacts/ann/timeline")["items"]?.array ?? []
    #expect(events.filter { $0["type"] == "cart" }.count == 1)
    #expect(shop.close() == 0)
  }

  @Test func `pages of the configured origin may call, with a key that its rate binds`() throws {
    let folder = try TemporaryFolder()
    try folder.write(#"{"cors":{"origins":["https://shop.example"]}}"#, to: "zveno.json")
    let zveno = try Zveno(["--data", folder.path + "/data", "--config", folder.path + "/zveno.json"])
    func call(_ method: String, _ path: String, _ headers: [(String, String)], _ body: String? = nil) throws -> Answer {
      try Call.make(method, path, port: zveno.port, headers: headers, body: body.map { Array($0.utf8) })
    }
    let origin = ("Origin", "https://shop.example")
    let asked = try call("OPTIONS", "/v1/events", [origin, ("Access-Control-Request-Method", "POST")])
    #expect(asked.status == 204 && asked.header("Access-Control-Allow-Origin") == "https://shop.example")
    let json = ("Content-Type", "application/json")
    let draft = #"{"name":"pages","scopes":["site"],"rate":{"per_second":0.01,"burst":1}}"#
    let made = try call("POST", "/v1/keys", [("Authorization", "Bearer \(Zveno.adminKey)"), json], draft)
    let key = ("Authorization", "Bearer \(made.json["key"]?.string ?? "")")
    let event = #"{"type":"view","contact":{"anonymous_id":"b1"}}"#
    #expect(try call("POST", "/v1/events", [origin, key, json], event).status == 202)
    let refused = try call("POST", "/v1/events", [origin, key, json], event)
    #expect(refused.status == 429 && refused.header("Retry-After").flatMap(Int.init) ?? 0 > 0)
    #expect(refused.header("Access-Control-Allow-Origin") == "https://shop.example")
    #expect(zveno.stop() == 0)
  }
}
