import Domain
import JSON
import SQL
import Testing

@testable import API

@Suite struct KeysTests {
  @Test("a key is shown once, works at once and ends at once")
  func life() throws {
    let api = try TestAPI()
    let made = api.call("POST", "/v1/keys", #"{"name":"shop","scopes":["events","read"]}"#)
    #expect(made.status == 201)
    let key = try #require(made.json["key"]?.string)
    let id = try #require(made.json["id"]?.string)
    #expect(key.hasPrefix("zv_"))
    #expect(key.utf8.count == 3 + 43)
    #expect(api.call("GET", "/v1/contacts/ann", key: key).status == 404)
    let list = api.call("GET", "/v1/keys")
    #expect(list.items.map { $0["id"]?.string } == [id])
    #expect(!list.text.contains(key.dropFirst(3)))
    #expect(api.call("DELETE", "/v1/keys/" + id).status == 204)
    #expect(api.call("GET", "/v1/contacts/ann", key: key).status == 401)
    #expect(api.call("DELETE", "/v1/keys/" + id).status == 404)
  }

  @Test("no key is 401 with the way to bring one, a key without the scope 403")
  func refused() throws {
    let api = try TestAPI()
    let none = api.call("GET", "/v1/contacts/ann", key: nil)
    #expect(none.status == 401)
    #expect(none.header("WWW-Authenticate") == "Bearer realm=\"zveno\"")
    #expect(api.call("GET", "/v1/contacts/ann", key: "zv_wrong").status == 401)
    #expect(api.call("GET", "/v1/contacts/ann", key: nil, headers: [("Authorization", "Basic YTpi")]).status == 401)
    let made = api.call("POST", "/v1/keys", #"{"name":"shop","scopes":["events"]}"#)
    let key = try #require(made.json["key"]?.string)
    #expect(api.call("GET", "/v1/contacts/ann", key: key).status == 403)
    #expect(api.call("GET", "/v1/keys", key: key).status == 403)
    #expect(api.call("GET", "/metrics", key: key).status == 403)
    #expect(api.call("PUT", "/v1/contacts/ann", "{}", key: key).status == 201)
  }

  @Test("a key needs a name and scopes that exist")
  func drafts() throws {
    let api = try TestAPI()
    let answer = api.call("POST", "/v1/keys", #"{"scopes":["event"]}"#)
    #expect(answer.status == 422)
    #expect(answer.pointers == ["/name", "/scopes/0"])
    #expect(api.call("POST", "/v1/keys", #"{"name":"shop","scopes":[]}"#).pointers == ["/scopes"])
  }

  @Test("only the hash of a key is in the file, and it is in force after a restart")
  func stored() throws {
    let api = try TestAPI()
    let secret = KeySecret(random: Array(0..<32))
    try api.writer.perform { [keys = api.keys] db, now in
      try keys.create(name: "ops", scopes: [.metrics], secret: secret, now: Timestamp(milliseconds: now), db)
    }
    let fresh = Keys(adminKey: nil)
    try api.writer.perform { db, _ in try fresh.load(db) }
    #expect(fresh.caller(authorization: "Bearer " + secret.text)?.scopes == [.metrics])
    #expect(fresh.caller(authorization: "bearer  " + secret.text)?.scopes == [.metrics])
    #expect(fresh.caller(authorization: secret.text) == nil)
    let row = try api.writer.perform { db, _ in
      try db.first("SELECT name || hash || scopes || id FROM api_keys") { $0.text(0) }
    }
    #expect(row?.contains(secret.text.dropFirst(3)) == false)
  }
}
