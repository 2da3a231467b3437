import Delivery
import Domain
import JSON
import SQL
import Testing

@testable import API

/// planned = sent + failed + skipped + unknown + pending, for each step, as `/metrics` shows it.
@Suite struct FunnelTests {
  private static let ends = ["sent", "failed", "skipped", "unknown"]

  /// What becomes of a letter follows from whom it is to.
  private func api() throws -> TestAPI {
    let api = try TestAPI()
    api.dispatch.answer = { claim in
      switch claim.contactID {
      case "rejected": .rejected(reason: "no such mailbox")
      case "late": .retry(afterSeconds: 60, reason: "busy")
      case "lost": claim.attempt > 1 ? .accepted(providerID: nil) : .unknown(reason: "silence")
      default: .accepted(providerID: nil)
      }
    }
    let chain = """
      {"enter": {"event": "order"}, "per": "n", "reenter": "restart", "purpose": "transactional", "steps": [
        {"send": "email", "template": "hello", "id": "first"}, {"wait": "1h"},
        {"send": "email", "template": "hello", "id": "second"}]}
      """
    _ = api.call("PUT", "/v1/templates/hello", #"{"subject":"Hello","text":"Hi"}"#)
    #expect(api.call("PUT", "/v1/chains/order", chain).status == 201)
    #expect(api.call("POST", "/v1/chains/order/publish").status == 200)
    for contact in ["well", "rejected", "late", "lost"] {
      #expect(api.call("PUT", "/v1/contacts/\(contact)", #"{"email":"\#(contact)@shop.example"}"#).status < 300)
    }
    return api
  }

  private func order(_ contacts: [String], _ api: TestAPI) throws {
    for contact in contacts {
      let event = #"{"type":"order","contact":{"id":"\#(contact)"},"properties":{"n":"1"}}"#
      #expect(api.call("POST", "/v1/events", event).status == 202)
      try balance(api)
    }
    try rest(api)
  }

  /// A step's outcomes and what is pending.
  private func figures(_ step: String, _ api: TestAPI) throws -> [String: Int] {
    let lines = api.call("GET", "/metrics").text.split(separator: "\n").map(String.init)
    func value(_ sample: String) throws -> Int {
      try #require(
        lines.first { $0.hasPrefix(sample + " ") }.flatMap { Int($0.dropFirst(sample.count + 1)) }, "\(sample)")
    }
    let place = #"{chain="order",version="1",step="\#(step)""#
    var figures = ["pending": try value("zveno_chain_step_pending\(place)}")]
    for outcome in Self.ends + ["planned"] {
      figures[outcome] = try value("zveno_chain_step_total\(place),outcome=\"\(outcome)\"}")
    }
    return figures
  }

  /// At any moment.
  private func balance(_ api: TestAPI) throws {
    guard api.call("GET", "/metrics").text.contains(#"step="first",outcome="planned""#) else { return }
    let figures = try figures("first", api)
    let over = Self.ends.reduce(0) { $0 + (figures[$1] ?? 0) }
    #expect(figures["planned"] == over + (figures["pending"] ?? 0))
    #expect(figures.values.allSatisfy { $0 >= 0 }, "\(figures)")
  }

  /// With everything done that is due: the figures are those of the ledger.
  private func rest(_ api: TestAPI) throws {
    try api.settle()
    try balance(api)
    let rows = try api.writer.perform { db, _ in
      try db.query("SELECT status, count(*) FROM messages WHERE label = 'first' GROUP BY status") {
        ($0.text(0), Int($0.int(1)))
      }
    }
    let ledger = Dictionary(uniqueKeysWithValues: rows)
    let figures = try figures("first", api)
    for status in Self.ends { #expect(figures[status] == ledger[status] ?? 0, "\(status): \(figures), \(ledger)") }
    #expect(figures["pending"] == (ledger["planned"] ?? 0) + (ledger["sending"] ?? 0), "\(figures), \(ledger)")
  }

  private func resolve(_ verdict: String, _ api: TestAPI) throws {
    let id = try #require(api.call("GET", "/v1/messages?status=unknown").items.first?["id"]?.string)
    #expect(api.call("POST", "/v1/messages/\(id)/resolve", #"{"as":"\#(verdict)"}"#).status == 200)
    try balance(api)
    try rest(api)
  }

  @Test("through every way a message can end, resolves and restarts, the books balance")
  func balance() throws {
    let api = try api()
    try order(["well"], api)
    #expect(
      try figures("first", api)
        == ["planned": 1, "sent": 1, "failed": 0, "skipped": 0, "unknown": 0, "pending": 0])
    try order(["rejected", "late", "lost", "stranger"], api)
    #expect(
      try figures("first", api)
        == ["planned": 5, "sent": 1, "failed": 1, "skipped": 1, "unknown": 1, "pending": 1])
    try resolve("sent", api)
    // Restarted: what the first run had pending is taken back.
    try order(["well", "rejected", "late"], api)
    try order(["lost"], api)
    #expect(
      try figures("first", api)
        == ["planned": 9, "sent": 3, "failed": 2, "skipped": 2, "unknown": 1, "pending": 1])
    api.dispatch.answer = { _ in .accepted(providerID: nil) }
    try resolve("retry", api)
    api.now += 2 * 60_000
    api.writer.wake()
    try rest(api)
    #expect(
      try figures("first", api)
        == ["planned": 9, "sent": 5, "failed": 2, "skipped": 2, "unknown": 0, "pending": 0])
  }
}
