import Domain
import HTTP
import JSON
import SQL
import Testing

@testable import API

@Suite struct HoldRoutesTests {
  private static let start: Int64 = 1_772_442_000_000  // 2026-03-02T09:00:00Z
  private static let hour: Int64 = 3_600_000

  /// A held server with a live chain and one signup at the start, which is due an hour later.
  private func held(late: String = "\"send\"") throws -> TestAPI {
    let api = try TestAPI(held: "it is a copy")
    api.now = Self.start
    #expect(api.call("PUT", "/v1/templates/hello", #"{"subject":"Hello","text":"Hello"}"#).status < 300)
    let chain = """
      {"enter":{"event":"signup"},"late":\(late),
       "steps":[{"wait":"1h"},{"send":"email","template":"hello","id":"hello"}]}
      """
    #expect(api.call("PUT", "/v1/chains/hello", chain).status < 300)
    #expect(api.call("POST", "/v1/chains/hello/publish", "{}").status == 200)
    #expect(api.call("POST", "/v1/events", #"{"type":"signup","contact":{"email":"ann@example.com"}}"#).status == 202)
    return api
  }

  private func statuses(_ api: TestAPI) throws -> [String] {
    try api.settle()
    return api.call("GET", "/v1/messages").json["items"]?.array?.compactMap { $0["status"]?.string } ?? []
  }

  @Test("a held server says so, takes events and edits, and moves nothing")
  func holds() throws {
    let api = try held()
    api.now += 10 * Self.hour
    for _ in 0..<3 { try api.writer.perform { _, _ in } }
    let hold = api.call("GET", "/v1/hold").json
    #expect(hold["held"] == true)
    #expect(hold["reason"] == "it is a copy")
    #expect(hold["since"] == "1970-01-01T00:00:00.000Z")
    #expect(hold["events_waiting"] == 1)
    #expect(hold["due"] == ["runs": 0, "messages": 0, "total": 0])
    let ready = api.call("GET", "/readyz")
    #expect(ready.status == 200)
    #expect(ready.json["status"] == "held")
    #expect(api.call("GET", "/metrics").text.contains("\nzveno_held 1\n"))
    #expect(api.call("GET", "/v1/messages").json["items"] == [])
  }

  @Test(
    "released, it goes on as after a downtime",
    arguments: [("\"send\"", ["sent"]), ("\"skip\"", ["skipped"])])
  func released(late: String, expected: [String]) throws {
    let api = try held(late: late)
    api.now += 10 * Self.hour
    #expect(api.call("POST", "/v1/release", #"{"due":0}"#).json["held"] == false)
    #expect(try statuses(api) == expected)
    #expect(api.call("GET", "/v1/hold").json == ["held": false])
    #expect(api.call("GET", "/readyz").json["status"] == "ready")
    #expect(api.call("GET", "/metrics").text.contains("\nzveno_held 0\n"))
  }

  @Test("a release needs the number that the caller has seen")
  func count() throws {
    let api = try held()
    let other = api.call("POST", "/v1/release", #"{"due":3}"#)
    #expect(other.status == 409)
    #expect(other.json["due"] == ["runs": 0, "messages": 0, "total": 0])
    #expect(other.json["at"] != nil)
    #expect(api.call("POST", "/v1/release", "{}").status == 422)
    #expect(api.call("POST", "/v1/release", #"{"due":"0"}"#).status == 422)
    #expect(api.call("GET", "/v1/hold").json["held"] == true)
    #expect(api.call("POST", "/v1/release", #"{"due":0}"#).status == 200)
    #expect(api.call("POST", "/v1/release", #"{"due":0}"#).status == 409, "it is not held any more")
  }

  @Test("what falls due while the caller decides does not stand in his way")
  func asOf() throws {
    let api = try held()
    try api.writer.perform { db, _ in
      try db.run(
        """
        INSERT INTO runs (chain, version, contact, key, once, exclusive, state, step, entered_at, entry_at, entry_seq,
          trigger_seq, step_at, step_seq, due_at, data, marks)
        VALUES (1, 1, 1, '', 0, 0, 'active', 0, 0, 0, 1, 1, 0, 1, $1, '{}', '{}')
        """, [.int(Self.start + Self.hour)])
    }
    let seen = api.call("GET", "/v1/hold").json
    #expect(seen["due"]?["total"] == 0)
    api.now += 2 * Self.hour
    #expect(api.call("POST", "/v1/release", #"{"due":0}"#).json["due"]?["total"] == 1)
    let at = seen["at"]?.string ?? ""
    #expect(api.call("POST", "/v1/release", #"{"due":0,"at":"\#(at)"}"#).status == 200)
  }

  @Test("only an admin releases and makes backups")
  func scopes() throws {
    let api = try TestAPI(held: "it is a copy", backup: { _ in })
    let made = api.call("POST", "/v1/keys", #"{"name":"shop","scopes":["read","edit","operate","events"]}"#)
    let key = try #require(made.json["key"]?.string)
    #expect(api.call("GET", "/v1/hold", key: key).status == 200)
    #expect(api.call("POST", "/v1/release", #"{"due":0}"#, key: key).status == 403)
    #expect(api.call("POST", "/v1/backup", key: key).status == 403)
    #expect(api.call("POST", "/v1/backup", key: nil).status == 401)
  }

  @Test(
    "why there is no backup is said plainly",
    arguments: [
      (BackupRefusal.underWay, 409, "wait for its end"),
      (BackupRefusal.noRoom(neededBytes: 300 << 20, freeBytes: 5 << 20), 507, "300 MiB"),
      (SQLError(code: 13, message: "database or disk is full"), 507, "filled up"),
      (StoreUnavailable(reason: "a write was lost"), 503, "a write was lost"),
    ] as [(any Error, Int, String)])
  func refusals(error: any Error, status: Int, says: String) throws {
    let api = try TestAPI(backup: { done in done(.failure(error)) })
    let answer = api.call("POST", "/v1/backup")
    #expect(answer.status == status)
    #expect(answer.json["detail"]?.string?.contains(says) == true)
  }
}
