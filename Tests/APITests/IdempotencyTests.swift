import Domain
import HTTP
import JSON
import SQL
import Synchronization
import Testing
import Threads

@testable import API

@Suite struct IdempotencyTests {
  private static let day: Int64 = 86_400_000
  private static let consent = #"{"channel":"sms","granted":true,"text":"I agree"}"#
  private static let event = #"{"type":"cart","contact":{"id":"ann"}}"#

  private func call(
    _ api: TestAPI, _ method: String, _ path: String, _ body: String?, as idempotencyKey: String = "k-1",
    key: String? = TestAPI.adminKey
  ) -> Answer {
    api.call(method, path, body, key: key, headers: [("Idempotency-Key", idempotencyKey)])
  }

  private func withAnn() throws -> TestAPI {
    let api = try TestAPI()
    #expect(api.call("PUT", "/v1/contacts/ann", #"{"email":"ann@shop.example"}"#).status == 201)
    return api
  }

  private func count(_ table: String, _ api: TestAPI) throws -> Int64? {
    try api.writer.perform { db, _ in try db.first("SELECT count(*) FROM \(table)") { $0.int(0) } }
  }

  @Test func `a call that comes again with its key is done once and answered the same, and says so`() throws {
    let api = try withAnn()
    let first = call(api, "POST", "/v1/contacts/ann/consents", Self.consent)
    let again = call(api, "POST", "/v1/contacts/ann/consents", Self.consent)
    #expect(first.status == 201 && again.status == 201 && again.response.body == first.response.body)
    #expect(first.header("Idempotent-Replayed") == nil && again.header("Idempotent-Replayed") == "true")
    #expect(again.header("Content-Type") == first.header("Content-Type"))
    #expect(api.call("GET", "/v1/contacts/ann/consents").items.count == 1)
    // With an empty body, too.
    let chain = #"{"enter":{"event":"a"},"purpose":"transactional","steps":[{"exit":"done"}]}"#
    let saved = call(api, "PUT", "/v1/chains/cart", chain, as: "k-2")
    #expect(call(api, "PUT", "/v1/chains/cart", chain, as: "k-2").header("ETag") == saved.header("ETag"))
    #expect(call(api, "DELETE", "/v1/suppressions?address=a%40b.example", nil, as: "k-3").status == 404)
    #expect(api.call("POST", "/v1/suppressions", #"{"address":"a@b.example"}"#).status == 201)
    for _ in 0..<2 {
      let gone = call(api, "DELETE", "/v1/suppressions?address=a%40b.example", nil, as: "k-3")
      #expect(gone.status == 204 && gone.response.body.isEmpty)
    }
  }

  @Test func `events without ids of their own are stored once`() throws {
    let api = try TestAPI()
    let batch = "[\(Self.event),\(Self.event),{\"type\":7}]"
    let first = call(api, "POST", "/v1/events", batch)
    #expect(first.status == 202 && first.json["accepted"] == 2)
    #expect(call(api, "POST", "/v1/events", batch).response.body == first.response.body)
    #expect(try count("events", api) == 2)
    #expect(api.call("POST", "/v1/events", batch).json["accepted"] == 2)
    #expect(try count("events", api) == 4)
  }

  @Test func `a key belongs to one request of one caller`() throws {
    let api = try withAnn()
    let path = "/v1/contacts/ann/consents"
    #expect(call(api, "POST", path, Self.consent).status == 201)
    let others = [
      ("POST", path, #"{"channel":"sms","granted":false,"text":"I agree"}"#), ("POST", "/v1/events", Self.event),
      ("PUT", "/v1/contacts/ann", "{}"), ("PUT", "/v1/contacts/ann?readmit=true", "{}"),
      ("DELETE", "/v1/contacts/ann", nil),
    ]
    for (method, path, body) in others {
      let answer = call(api, method, path, body)
      #expect(answer.status == 422 && answer.json["type"] == "urn:zveno:problem:idempotency_key_reused", "\(path)")
    }
    #expect(call(api, "PUT", "/v1/contacts/ann", "{}", as: "k-2").status == 200)
    #expect(call(api, "PUT", "/v1/contacts/ann?readmit=true", "{}", as: "k-2").status == 422)
    let made = api.call("POST", "/v1/keys", #"{"name":"other","scopes":["events"]}"#).json["key"]?.string
    let other = call(api, "POST", path, Self.consent, key: made)
    #expect(other.status == 201 && other.header("Idempotent-Replayed") == nil)
    #expect(try count("consent_proofs", api) == 2)
  }

  @Test func `a call that was refused changed nothing and is tried anew`() throws {
    let api = try TestAPI()
    #expect(call(api, "POST", "/v1/contacts/ann/consents", Self.consent).status == 404)
    #expect(call(api, "POST", "/v1/events", #"{"type":7}"#, as: "k-2").status == 400)
    #expect(try count("idempotent_calls", api) == 0)
    #expect(api.call("PUT", "/v1/contacts/ann", "{}").status == 201)
    #expect(call(api, "POST", "/v1/contacts/ann/consents", Self.consent).status == 201)
  }

  @Test func `the second of two at once is told to come back`() throws {
    let api = try withAnn()
    let (isHeld, isFirstDone) = (Gate(), Gate())
    api.writer.submit({ _, _ in isHeld.wait() }) { _ in }
    let request = Request(
      method: "POST", path: "/v1/contacts/ann/consents",
      headers: Headers([
        ("Authorization", "Bearer " + TestAPI.adminKey), ("Content-Type", "application/json"),
        ("Idempotency-Key", "k-1"),
      ]), body: Array(Self.consent.utf8))
    let first = Mutex(0)
    api.api.answer(request) { answer in
      first.withLock { $0 = answer.status }
      isFirstDone.open()
    }
    let second = call(api, "POST", "/v1/contacts/ann/consents", Self.consent)
    #expect(second.status == 409 && second.header("Retry-After") == "1")
    isHeld.open()
    isFirstDone.wait()
    #expect(first.withLock { $0 } == 201)
    #expect(call(api, "POST", "/v1/contacts/ann/consents", Self.consent).header("Idempotent-Replayed") == "true")
  }

  @Test func `what waits with a key is bounded in bytes; beyond them a call is told to come back`() throws {
    let api = try TestAPI(keyedBytes: Self.consent.utf8.count + 10)
    for contact in ["ann", "bob"] { #expect(api.call("PUT", "/v1/contacts/\(contact)", "{}").status == 201) }
    let (isHeld, isFirstDone) = (Gate(), Gate())
    api.writer.submit({ _, _ in isHeld.wait() }) { _ in }
    let headers = [
      ("Authorization", "Bearer " + TestAPI.adminKey), ("Content-Type", "application/json"), ("Idempotency-Key", "k-1"),
    ]
    api.api.answer(
      Request(
        method: "POST", path: "/v1/contacts/ann/consents", headers: Headers(headers), body: Array(Self.consent.utf8))
    ) { _ in isFirstDone.open() }
    let second = call(api, "POST", "/v1/contacts/bob/consents", Self.consent, as: "k-2")
    #expect(second.status == 503 && second.header("Retry-After") == "1")
    isHeld.open()
    isFirstDone.wait()
    #expect(call(api, "POST", "/v1/contacts/bob/consents", Self.consent, as: "k-2").status == 201)
  }

  @Test func `a key is known for a day, then its row goes`() throws {
    let api = try withAnn()
    let path = "/v1/contacts/ann/consents"
    _ = call(api, "POST", path, Self.consent)
    api.now += Self.day - 1
    #expect(call(api, "POST", path, Self.consent).header("Idempotent-Replayed") == "true")
    #expect(try count("idempotent_calls", api) == 1)
    api.now += 1
    #expect(call(api, "POST", path, Self.consent).header("Idempotent-Replayed") == nil)
    #expect(try count("consent_proofs", api) == 2)
    api.now += Self.day + IdempotencyExpiry.millisecondsBetweenLooks
    _ = try count("events", api)
    #expect(try count("idempotent_calls", api) == 0)
  }

  @Test func `a row of a clock that ran ahead is in nobody's way`() throws {
    let api = try withAnn()
    api.now += 3 * Self.day
    _ = call(api, "POST", "/v1/contacts/ann/consents", Self.consent)
    api.now -= 2 * Self.day
    _ = try count("events", api)
    #expect(try count("idempotent_calls", api) == 0)
  }

  @Test func `what is sealed under a key at the same moment again has another nonce`() throws {
    let api = try withAnn()
    func nonce() throws -> [UInt8]? {
      _ = call(api, "PUT", "/v1/contacts/ann", "{}")
      return try api.writer.perform { db, _ in
        try db.first("DELETE FROM idempotent_calls RETURNING answer") { Array($0.blob(0).prefix(12)) }
      }
    }
    let first = try #require(try nonce())
    #expect(first.count == 12)
    #expect(try nonce() != first)
  }

  @Test func `an answer that is too long is not kept, and the call is not done again`() throws {
    let api = try TestAPI()
    let batch = "[\(Self.event),\(Array(repeating: "{\"type\":7}", count: 900).joined(separator: ","))]"
    #expect(call(api, "POST", "/v1/events", batch).response.body.count > IdempotentAnswers.maxBytes)
    let again = call(api, "POST", "/v1/events", batch)
    #expect(again.status == 409 && again.json["type"] == "urn:zveno:problem:answer_not_kept")
    #expect(try count("events", api) == 1)
  }

  @Test func `what is kept cannot be read in the file`() throws {
    let api = try TestAPI()
    let made = call(api, "POST", "/v1/keys", #"{"name":"shop","scopes":["read"]}"#)
    let secret = try #require(made.json["key"]?.string)
    #expect(call(api, "PUT", "/v1/contacts/ann", #"{"email":"ann@shop.example"}"#, as: "order-1").status == 201)
    let rows = try api.writer.perform { db, _ in
      try db.query("SELECT id || fingerprint || answer FROM idempotent_calls") { $0.blob(0) }
    }
    #expect(rows.count == 2 && rows.allSatisfy { $0.count > 100 })
    for text in [secret, "ann@shop.example", "order-1", "application/json"] {
      #expect(rows.allSatisfy { $0.firstRange(of: Array(text.utf8)) == nil }, "\(text)")
    }
    #expect(call(api, "POST", "/v1/keys", #"{"name":"shop","scopes":["read"]}"#).json["key"]?.string == secret)
  }

  @Test func `an erasure takes what is kept about the person`() throws {
    let api = try TestAPI()
    let profile = #"{"email":"ann@shop.example"}"#
    #expect(call(api, "PUT", "/v1/contacts/ann", profile).status == 201)
    #expect(call(api, "PUT", "/v1/contacts/bob", "{}", as: "k-2").status == 201)
    let act = call(api, "DELETE", "/v1/contacts/ann", nil, as: "k-3")
    #expect(act.status == 202)
    #expect(call(api, "PUT", "/v1/contacts/ann", profile).status == 422)
    #expect(call(api, "PUT", "/v1/contacts/bob", "{}", as: "k-2").header("Idempotent-Replayed") == "true")
    #expect(call(api, "DELETE", "/v1/contacts/ann", nil, as: "k-3").response.body == act.response.body)
  }

  @Test func `an erasure takes what may tell of a person whom the path does not name`() throws {
    let api = try withAnn()
    #expect(call(api, "POST", "/v1/suppressions", #"{"address":"ann@shop.example"}"#).status == 201)
    #expect(call(api, "POST", "/v1/events", #"[\#(Self.event),{"type":"ann@shop.example"}]"#, as: "k-2").status == 202)
    #expect(call(api, "POST", "/v1/events", Self.event, as: "k-3").status == 202)
    #expect(api.call("DELETE", "/v1/contacts/ann").status == 202)
    #expect(try count("idempotent_calls", api) == 1)
    #expect(call(api, "POST", "/v1/events", Self.event, as: "k-3").header("Idempotent-Replayed") == "true")
  }

  @Test func `a key must be a word; where nothing is changed it means nothing`() throws {
    let api = try TestAPI()
    for wrong in ["", "two words", "ключ", String(repeating: "k", count: 256)] {
      #expect(call(api, "PUT", "/v1/contacts/ann", "{}", as: wrong).status == 400, "\(wrong)")
    }
    let twice = [(name: "Idempotency-Key", value: "a"), (name: "Idempotency-Key", value: "b")]
    #expect(api.call("PUT", "/v1/contacts/ann", "{}", headers: twice).status == 400)
    #expect(call(api, "GET", "/v1/chains", nil, as: "two words").status == 200)
    #expect(call(api, "POST", "/v1/chains/validate", "{}").status == 200)
    #expect(try count("idempotent_calls", api) == 0)
  }
}

/// Opens once.
private final class Gate: Sendable {
  private let isOpen = Monitor(false)

  func open() { isOpen.update { $0 = true } }

  func wait() { _ = isOpen.wait { $0 ? true : nil } }
}
