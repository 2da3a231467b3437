import JSON
import Testing

/// The shop's own systems are told, by a chain's step and by the types they asked for.
@Suite("Webhooks, to a real server")
struct WebhookWalkTests {
  private func register(_ shop: Shop, _ types: [JSONValue] = ["purchase"]) throws -> JSONValue {
    try shop.ask(
      "PUT", "/v1/webhooks/crm",
      ["url": .string("http://127.0.0.1:\(shop.provider.port)/crm"), "types": .array(types)])
  }

  @Test("events of the types asked for and what a step says are posted, each once, signed and with an id of its own")
  func posts() throws {
    let shop = try Shop()
    try shop.ann()
    let made = try register(shop)
    #expect(made["secret"]?.string?.hasPrefix("whsec_") == true)
    #expect(try shop.ask("GET", "/v1/webhooks/crm")["secret"] == nil)
    try shop.publish(
      "c",
      [
        "enter": ["event": "cart"],
        "steps": [["webhook": "crm", "data": ["stage": "warm", "sum": ["from": "trigger.total"]], "id": "tell"]],
      ])
    try shop.event("cart", ["total": 9000])
    try shop.event("view", [:])
    try shop.event("purchase", ["total": 500])
    try shop.settle()
    let requests = try shop.provider.requests()
    let bodies = try requests.map { try JSONValue(parsing: Array(($0["body"]?.string ?? "").utf8)) }
    #expect(bodies.compactMap { $0["type"]?.string }.sorted() == ["chain.webhook", "purchase"])
    let step = try #require(bodies.first { $0["type"] == "chain.webhook" })
    #expect(step["data"]?["chain"] == "c" && step["data"]?["step"] == "tell")
    #expect(step["data"]?["data"] == ["stage": "warm", "sum": 9000])
    #expect(step["data"]?["contact"]?["id"] == "ann")
    let purchase = try #require(bodies.first { $0["type"] == "purchase" })
    #expect(purchase["data"]?["properties"]?["total"] == 500)
    #expect(Set(requests.compactMap { $0["headers"]?["webhook-id"]?.string }).count == 2)
    #expect(requests.allSatisfy { $0["headers"]?["webhook-signature"]?.string?.hasPrefix("v1,") == true })
  }

  @Test("one that fails is tried again with the same id, one that is gone is disabled")
  func triesAgain() throws {
    let shop = try Shop(provider: ["--answer", "500", "--times", "2"])
    try shop.ann()
    _ = try register(shop)
    try shop.event("purchase", [:])
    try shop.settle()
    try shop.advance("1h")
    let ids = try shop.provider.requests().compactMap { $0["headers"]?["webhook-id"]?.string }
    #expect(ids.count == 3 && Set(ids).count == 1)
    #expect(try shop.ask("GET", "/v1/webhooks")["items"]?.array?.first?["waiting"] == 0)
  }

  @Test("a webhook that answers 410 gets nothing more")
  func disables() throws {
    let shop = try Shop(provider: ["--answer", "410"])
    try shop.ann()
    _ = try register(shop)
    for _ in 0..<3 {
      try shop.event("purchase", [:])
      try shop.settle()
    }
    #expect(try shop.provider.requests().count == 1)
    #expect(try shop.ask("GET", "/v1/webhooks/crm")["active"] == false)
  }

  @Test("what cannot be a webhook is refused with a pointer")
  func refuses() throws {
    let shop = try Shop()
    for (body, pointer) in [
      (["url": "ftp://crm.shop.example"], "/url"), (["url": "https://a:b@crm.shop.example"], "/url"),
      (["url": "http://crm.shop.example:25"], "/url"),
      (["url": "https://crm.shop.example", "types": ["a b"]], "/types/0"),
      (["url": "https://crm.shop.example", "secret": "short"], "/secret"),
    ] as [(JSONValue, String)] {
      let answer = try shop.call("PUT", "/v1/webhooks/crm", body)
      #expect(answer.status == 422)
      #expect(answer.text.contains(#""pointer":"\#(pointer)""#), "\(answer.text)")
    }
  }
}
