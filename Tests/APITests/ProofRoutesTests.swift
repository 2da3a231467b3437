import Foundation
import JSON
import Testing

@testable import API
@testable import HTTP

/// What can be shown afterwards: who changed what, which consent a message relied on, and everything about a person.
@Suite struct ProofRoutesTests {
  @Test func `each change of a marketer's is in the audit trail with its key, and what failed or only looked is not`()
    throws
  {
    let api = try TestAPI()
    let made = api.call("POST", "/v1/keys", #"{"name":"masha","scopes":["edit","read"]}"#)
    let key = try #require(made.json["key"]?.string)
    let chain = #"{"enter":{"event":"a"},"purpose":"transactional","steps":[{"exit":"done"}]}"#
    #expect(api.call("PUT", "/v1/chains/cart", chain, key: key).status == 201)
    #expect(api.call("PUT", "/v1/chains/cart", "{}", key: key).status == 422)
    #expect(api.call("POST", "/v1/chains/cart/publish", key: key).status == 200)
    #expect(api.call("GET", "/v1/chains/cart", key: key).status == 200)
    #expect(api.call("PUT", "/v1/contacts/ann", #"{"email":"ann@shop.example"}"#).status == 201)
    #expect(api.call("POST", "/v1/suppressions", #"{"address":"bad@shop.example"}"#).status < 300)
    let trail = api.call("GET", "/v1/audit").items
    #expect(
      trail.map { $0["action"]?.string } == [
        "POST /v1/keys", "PUT /v1/chains/{id}", "POST /v1/chains/{id}/publish", "POST /v1/suppressions",
      ])
    #expect(trail.map { $0["key_name"] ?? .null } == [.null, "masha", "masha", .null])
    #expect(trail.dropFirst().first?["object"] == ["id": "cart"])
    #expect(api.call("GET", "/v1/audit", key: key).status == 403)
    let page = api.call("GET", "/v1/audit?limit=1").json
    let next = try #require(page["next"]?.string)
    #expect(api.call("GET", "/v1/audit?limit=1&after=\(next)").items.first?["object"] == ["id": "cart"])
  }

  @Test func `the audit trail names a contact as long as he is there, and no address ever`() throws {
    let api = try TestAPI()
    _ = api.call("PUT", "/v1/contacts/ann", #"{"email":"ann@shop.example"}"#)
    _ = api.call("PUT", "/v1/contacts/bob", "{}")
    #expect(api.call("PUT", "/v1/lists/vip/members/ann").status < 300)
    #expect(api.call("GET", "/v1/audit").items.last?["contact"] == "ann")
    #expect(api.call("DELETE", "/v1/contacts/ann").status == 202)
    let done = Date(timeIntervalSinceNow: 20)
    while api.call("GET", "/v1/erasures?contact=ann").items.first?["state"] != "done", Date() < done { usleep(5_000) }
    let trail = api.call("GET", "/v1/audit").items
    #expect(
      trail.suffix(2).map { $0["action"] } == ["PUT /v1/lists/{id}/members/{contact}", "DELETE /v1/contacts/{id}"])
    #expect(trail.suffix(2).map { $0["contact"] } == [.null, .null])
    #expect(!JSONValue.array(trail).text.contains("ann"))
  }

  @Test func `a merge is in the audit trail under who is left`() throws {
    let api = try TestAPI()
    for id in ["ann", "bob"] { _ = api.call("PUT", "/v1/contacts/\(id)", "{}") }
    #expect(api.call("POST", "/v1/contacts/bob/merge", #"{"into":"ann"}"#).status == 202)
    try api.settle()
    let merge = try #require(api.call("GET", "/v1/audit").items.last)
    #expect(merge["action"] == "POST /v1/contacts/{id}/merge" && merge["contact"] == "ann")
  }

  @Test func `a marketing message names the proof that it relied on`() throws {
    let api = try TestAPI()
    _ = api.call("PUT", "/v1/templates/hello", #"{"subject":"Hello","text":"Hi"}"#)
    _ = api.call("PUT", "/v1/contacts/ann", #"{"email":"ann@shop.example","phone":"+79161234567"}"#)
    let words = #"{"channel":"sms","granted":true,"text":"I agree","source":"form 7","ip":"203.0.113.7"}"#
    #expect(api.call("POST", "/v1/contacts/ann/consents", words).status == 201)
    let chain = """
      {"enter": {"event": "a"}, "steps": [{"send": "sms", "template": "hello"}, {"send": "email", "template": "hello"}]}
      """
    #expect(api.call("PUT", "/v1/chains/hello", chain).status == 201)
    #expect(api.call("POST", "/v1/chains/hello/publish").status == 200)
    #expect(api.call("POST", "/v1/events", #"{"type":"a","contact":{"id":"ann"}}"#).status == 202)
    try api.settle()
    let proofs = api.call("GET", "/v1/contacts/ann/consents").items
    #expect(proofs.count == 1 && proofs.first?["text"] == "I agree" && proofs.first?["ip"] == "203.0.113.7")
    let messages = api.call("GET", "/v1/messages?contact=ann&status=sent").items
    #expect(messages.map { $0["channel"] } == ["sms", "email"])
    #expect(messages.map { $0["consent"] } == [proofs.first?["id"], .null])
  }

  /// An answer that is sent out of a file.
  private static func document(_ answer: Answer) throws -> JSONValue {
    let file = try #require(answer.response.file)
    var bytes: [UInt8] = []
    while bytes.count < file.count { bytes += try #require(file.piece(at: bytes.count)) }
    return try JSONValue(parsing: bytes)
  }

  @Test func `a portable copy holds everything, also when it is longer than a page`() throws {
    let api = try TestAPI()
    _ = api.call("PUT", "/v1/contacts/ann", #"{"email":"ann@shop.example","attributes":{"city":"Omsk"}}"#)
    _ = api.call("POST", "/v1/contacts/ann/consents", #"{"channel":"sms","granted":true,"text":"I agree"}"#)
    let events = (0..<450).map { #"{"type":"view","contact":{"id":"ann"},"properties":{"n":\#($0)}}"# }
    #expect(api.call("POST", "/v1/events", "[" + events.joined(separator: ",") + "]").status == 202)
    try api.settle()
    let answer = api.call("GET", "/v1/contacts/ann/export")
    #expect(answer.status == 200)
    let copy = try Self.document(answer)
    #expect(copy["contact"]?["attributes"]?["city"] == "Omsk")
    #expect(copy["keys"]?.array?.count == 2)
    #expect(copy["consent_proofs"]?.array?.first?["text"] == "I agree")
    let seen = copy["events"]?.array?.compactMap { $0["properties"]?["n"]?.number?.int } ?? []
    #expect(Set(seen) == Set(0..<450) && seen.count == 450)
    #expect(api.call("GET", "/v1/contacts/nobody/export").status == 404)
  }
}
