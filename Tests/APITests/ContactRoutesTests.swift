import JSON
import SQL
import Testing

@testable import API

@Suite struct ContactRoutesTests {
  @Test("a contact is created, changed and read")
  func contact() throws {
    let api = try TestAPI()
    #expect(api.call("GET", "/v1/contacts/ann").status == 404)
    let made = api.call(
      "PUT", "/v1/contacts/ann",
      #"{"email":"Ann@Shop.example","attributes":{"first_name":"Анна"},"consents":["sms"],"time_zone":"Europe/Moscow"}"#
    )
    #expect(made.status == 201)
    #expect(api.call("PUT", "/v1/contacts/ann", #"{"attributes":{"city":"Kazan"}}"#).status == 200)
    let card = api.call("GET", "/v1/contacts/ann").json
    #expect(card["id"] == "ann")
    #expect(card["email"] == "ann@shop.example")
    #expect(card["attributes"] == ["first_name": "Анна", "city": "Kazan"])
    #expect(card["consents"]?.array?.first?["channel"] == "sms")
    #expect(api.call("GET", "/v1/contacts/email:ann@shop.example").json["id"] == "ann")
  }

  @Test("all errors of a contact come at once with 422")
  func refused() throws {
    let api = try TestAPI()
    let answer = api.call("PUT", "/v1/contacts/ann", #"{"email":"ann","phone":"1","tags":[]}"#)
    #expect(answer.status == 422)
    #expect(answer.pointers == ["/tags", "/email", "/phone"])
    #expect(api.call("PUT", "/v1/contacts/a%20b", "{}").status == 400)
    #expect(api.call("PUT", "/v1/contacts/ann", "{").status == 400)
  }

  @Test("a change is an event of its own in the log, no change is none")
  func updatedEvent() throws {
    let api = try TestAPI()
    _ = api.call("PUT", "/v1/contacts/ann", #"{"locale":"ru"}"#)
    _ = api.call("PUT", "/v1/contacts/ann", #"{"locale":"ru"}"#)
    _ = api.call("PUT", "/v1/contacts/ann", #"{"locale":"en"}"#)
    let changes = try api.writer.perform { db, _ in
      try db.query("SELECT properties FROM events ORDER BY seq") { $0.text(0) }
    }
    #expect(changes == [#"{"changed":["id","locale"]}"#, #"{"changed":["locale"]}"#])
  }

  @Test("a proof of consent is appended and the latest holds")
  func consents() throws {
    let api = try TestAPI()
    let body = #"{"channel":"sms","granted":true,"text":"Yes, write to me","source":"checkout"}"#
    #expect(api.call("POST", "/v1/contacts/ann/consents", body).status == 404)
    _ = api.call("PUT", "/v1/contacts/ann", "{}")
    #expect(api.call("POST", "/v1/contacts/ann/consents", body).status == 201)
    let taken = api.call("POST", "/v1/contacts/ann/consents", #"{"channel":"sms","granted":false}"#)
    #expect(taken.json["consents"]?.array?.map { $0["granted"] } == [false])
    #expect(api.call("POST", "/v1/contacts/ann/consents", #"{"granted":1}"#).pointers == ["/channel", "/granted"])
  }

  @Test("a timeline comes in pages, and a cursor that was made up is refused")
  func timeline() throws {
    let api = try TestAPI()
    _ = api.call("PUT", "/v1/contacts/ann", "{}")
    try api.writer.perform { db, now in
      try db.run("INSERT INTO event_types (id, name) VALUES (77, 'view')")
      for seq in 101...105 {
        try db.run(
          "INSERT INTO events (seq, accepted_at, at, type) VALUES ($1, $2, $2, 77)", [.int(seq), .int(now)])
        try db.run(
          "INSERT INTO timeline (contact, type, at, seq) VALUES (1, 77, $2, $1)", [.int(seq), .int(now)])
      }
    }
    let first = api.call("GET", "/v1/contacts/ann/timeline?limit=3")
    #expect(first.items.count == 3)
    #expect(first.items.first?["type"] == "view")
    let next = try #require(first.json["next"]?.string)
    let rest = api.call("GET", "/v1/contacts/ann/timeline?limit=3&after=" + next)
    #expect(rest.items.map { $0["type"] } == ["view", "view", "contact.updated"])
    #expect(rest.json["next"] == .null)
    for wrong in ["limit=0", "limit=1001", "limit=x", "after=x", "after=WzFd", "page=2"] {
      #expect(api.call("GET", "/v1/contacts/ann/timeline?" + wrong).status == 400, "\(wrong)")
    }
  }

  @Test("the card shows what happened last and where the contact stands")
  func card() throws {
    let api = try TestAPI()
    let chain = #"{"enter":{"event":"signup"},"steps":[{"wait":"2d","id":"pause"}]}"#
    _ = api.call("PUT", "/v1/chains/welcome", chain)
    _ = api.call("POST", "/v1/chains/welcome/publish")
    _ = api.call("POST", "/v1/events", #"{"type":"signup","contact":{"id":"ann"}}"#)
    try api.settle()
    let card = api.call("GET", "/v1/contacts/ann").json
    #expect(card["last_events"]?.array?.map { $0["type"] } == ["signup"])
    let run = try #require(card["runs"]?.array?.first)
    #expect(run["chain"] == "welcome")
    #expect(run["step"] == "pause")
    #expect(run["state"] == "active")
  }
}
