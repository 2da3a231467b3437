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
      let draft = KeyDraft(name: "ops", scopes: [.metrics])
      try keys.create(draft, secret: secret, now: Timestamp(milliseconds: now), db)
    }
    let fresh = Keys(adminKey: nil)
    try api.writer.perform { db, _ in try fresh.load(db) }
    #expect(fresh.key(authorization: "Bearer " + secret.text, now: 0)?.caller.scopes == [.metrics])
    #expect(fresh.key(authorization: "bearer  " + secret.text, now: 0)?.caller.scopes == [.metrics])
    #expect(fresh.key(authorization: secret.text, now: 0) == nil)
    let row = try api.writer.perform { db, _ in
      try db.first("SELECT name || hash || scopes || id FROM api_keys") { $0.text(0) }
    }
    #expect(row?.contains(secret.text.dropFirst(3)) == false)
  }

  @Test func `a key with a rate is told where it stands, and to come back later when it has called too often`() throws {
    let api = try TestAPI()
    let made = api.call("POST", "/v1/keys", #"{"name":"site","scopes":["site"],"rate":{"per_second":2,"burst":3}}"#)
    #expect(made.json["rate"] == ["per_second": 2, "burst": 3])
    let key = try #require(made.json["key"]?.string)
    let event = #"[{"type":"a","contact":{"id":"ann"}},{"type":"b","contact":{"id":"ann"}}]"#
    let first = api.call("POST", "/v1/events", event, key: key)
    // A batch is one call.
    #expect(first.status == 202 && first.json["accepted"] == 2)
    #expect(first.header("RateLimit-Policy") == "\"key\";q=3;w=2" && first.header("RateLimit") == "\"key\";r=2;t=1")
    #expect(api.call("POST", "/v1/events", event, key: key).status == 202)
    #expect(api.call("GET", "/v1/keys", key: key).status == 403)
    let refused = api.call("POST", "/v1/events", event, key: key)
    #expect(refused.status == 429 && refused.header("Retry-After") == "1")
    #expect(
      refused.header("RateLimit") == "\"key\";r=0;t=1" && refused.json["type"] == "urn:zveno:problem:too_many_calls")
    // Half a second brings one call; others are not touched.
    #expect(api.call("POST", "/v1/events", event).header("RateLimit") == nil)
    api.now += 500
    #expect(api.call("POST", "/v1/events", event, key: key).status == 202)
    #expect(api.call("POST", "/v1/events", event, key: key).status == 429)
  }

  @Test func `a burst is what a second brings unless it is said, and a rate must be one`() throws {
    let api = try TestAPI()
    func make(_ rate: String) -> Answer {
      api.call("POST", "/v1/keys", #"{"name":"site","scopes":["events"],"rate":\#(rate)}"#)
    }
    #expect(make(#"{"per_second":2.5}"#).json["rate"]?.text == #"{"per_second":2.5,"burst":3}"#)
    #expect(make(#"{"per_second":0.1}"#).json["rate"]?["burst"] == 1)
    #expect(make(#"{"per_second":0}"#).pointers == ["/rate/per_second"])
    #expect(make(#"{"burst":3}"#).pointers == ["/rate/per_second"])
    #expect(make(#"{"per_second":1,"burst":0}"#).pointers == ["/rate/burst"])
    #expect(make("20").pointers == ["/rate"])
  }

  @Test func `many threads take no more from a bucket than it holds`() async {
    let bucket = TokenBucket(RateLimit(perSecond: 1, burst: 1000))
    let taken = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          (0..<1000).count { _ in
            if case .taken = bucket.take(now: 5_000_000_000) { true } else { false }
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(taken == 1000)
  }

  @Test func `a key ends at its time`() throws {
    let api = try TestAPI()
    let end = Timestamp(milliseconds: api.now + 60_000).rfc3339
    let made = api.call("POST", "/v1/keys", #"{"name":"trial","scopes":["read"],"expires_at":"\#(end)"}"#)
    let key = try #require(made.json["key"]?.string)
    #expect(made.json["expires_at"]?.string == end)
    #expect(api.call("GET", "/v1/chains", key: key).status == 200)
    api.now += 59_999
    #expect(api.call("GET", "/v1/chains", key: key).status == 200)
    api.now += 1
    #expect(api.call("GET", "/v1/chains", key: key).status == 401)
    let past = #"{"name":"late","scopes":["read"],"expires_at":"\#(end)"}"#
    #expect(api.call("POST", "/v1/keys", past).pointers == ["/expires_at"])
  }

  @Test func `the list says when a key was used last, and the file learns it a minute later at most`() throws {
    let api = try TestAPI()
    let made = api.call("POST", "/v1/keys", #"{"name":"shop","scopes":["read"]}"#)
    let key = try #require(made.json["key"]?.string)
    func listed() -> JSONValue? { api.call("GET", "/v1/keys").items.first?["last_used_at"] }
    func stored() throws -> Int64? {
      try api.writer.perform { db, _ in try db.first("SELECT last_used_at FROM api_keys") { $0.optionalInt(0) } } ?? nil
    }
    #expect(listed() == .null)
    let first = api.now
    #expect(api.call("GET", "/v1/chains", key: key).status == 200)
    #expect(try stored() == first)
    api.now += 59_000
    for _ in 0..<3 { _ = api.call("GET", "/v1/chains", key: key) }
    #expect(listed()?.string == Timestamp(milliseconds: api.now).rfc3339)
    #expect(try stored() == first)
    api.now += 1_000
    // A call that it may not make is no use of it.
    #expect(api.call("GET", "/metrics", key: key).status == 403)
    #expect(try stored() == first)
    _ = api.call("GET", "/v1/chains", key: key)
    #expect(try stored() == api.now)
  }

  @Test func `the audit trail names the key that was made and the one that was revoked`() throws {
    let api = try TestAPI()
    let made = api.call("POST", "/v1/keys", #"{"name":"shop","scopes":["read"]}"#)
    let id = try #require(made.json["id"])
    #expect(made.header("Location") == "/v1/keys/" + (id.string ?? ""))
    #expect(api.call("DELETE", "/v1/keys/" + (id.string ?? "")).status == 204)
    let trail = api.call("GET", "/v1/audit").items
    #expect(trail.map { $0["object"] } == [["id": id], ["id": id]])
  }
}
