import Foundation
import JSON
import Testing

/// Strangers build on the description: it must be valid, its examples good, and the server as it says. What of it is not
/// asked here, and why, stands in `Tests/Support/Schemathesis`.
@Suite("The description of a running server")
struct DescriptionWalkTests {
  @Test("is valid OpenAPI 3.1 in both its forms, and each of its examples fits its schema")
  func isValid() throws {
    let (shop, tools) = (try Shop(), try GeneratedCalls())
    for form in ["whole", "open"] {
      let text = try shop.call("GET", "/v1/openapi.json?documents=\(form)").text
      try shop.folder.write(text, to: "openapi.json")
      try tools.judge(shop.folder.path + "/openapi.json")
    }
  }

  @Test(
    "holds for thousands of generated calls: no 500, no answer outside of it, what fits is taken, what does not refused",
    .timeLimit(.minutes(5)))
  func holds() throws {
    let (shop, tools) = (try Shop(), try GeneratedCalls())
    try inhabit(shop)
    let port = try #require(shop.zveno?.port)
    try tools.run(against: "http://127.0.0.1:\(port)/v1/openapi.json", key: Zveno.adminKey)
    #expect(try shop.call("GET", "/readyz").status == 200)
    #expect(shop.zveno?.written.contains("a request failed") == false)
  }

  /// With what the examples of the description name, so that calls find more than 404.
  private func inhabit(_ shop: Shop) throws {
    try shop.ann()
    for id in ["bob", "gone", "twin"] {
      try shop.ask("PUT", "/v1/contacts/\(id)", ["email": .string("\(id)@shop.example"), "consents": ["email"]])
    }
    try shop.template("cart-1", ["subject": "Your cart", "text": "It is waiting"])
    try shop.template("offer-1", ["text": "Ten per cent off"])
    try shop.ask("PUT", "/v1/segments/vip", ["is": ["did": "purchase"]])
    try shop.ask("PUT", "/v1/lists/readers/members/ann")
    try shop.ask("PUT", "/v1/contacts/ann/relations/spouse/bob")
    try shop.ask("PUT", "/v1/webhooks/crm", ["url": "https://crm.invalid/zveno", "types": []])
    try shop.ask("POST", "/v1/suppressions", ["address": "bob@shop.example"])
    try shop.publish(
      "cart",
      [
        "enter": [["event": "cart"], ["api": true]], "reenter": "always",
        "steps": [
          ["send": "email", "template": "cart-1", "id": "first"],
          ["offer": "home", "template": "offer-1", "for": "30d"], ["send": "call", "template": "offer-1"],
          ["wait": "30d", "id": "reminder"],
        ],
      ])
    try shop.event("cart", ["total": 4000])
    try shop.event("purchase", ["total": 4000])
    try shop.settle()
    try shop.ask(
      "POST", "/v1/chains/cart/rehearse", ["from": "2026-03-01T00:00:00Z", "to": .string(Shop.start), "wait": true])
  }
}

/// schemathesis and what it needs, as `make test-tools` installs them.
private struct GeneratedCalls {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    .standardizedFileURL
  private let tools = Self.root.appending(path: ".build/test-tools/bin").path
  private let settings = Self.root.appending(path: "Tests/Support/Schemathesis").path

  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  init() throws {
    guard FileManager.default.isExecutableFile(atPath: tools + "/schemathesis") else {
      throw Missing(description: "there is no schemathesis in \(tools): run `make test-tools`, which asks pip for it")
    }
  }

  func judge(_ file: String) throws {
    try Command.run([tools + "/python", settings + "/judge_openapi.py", file])
  }

  func run(against description: String, key: String) throws {
    try Command.run([
      "ZVENO_KEY=" + key, "PYTHONPATH=" + settings, "PYTHONDONTWRITEBYTECODE=1", tools + "/schemathesis",
      "--config-file", settings + "/schemathesis.toml", "run", description,
    ])
  }
}
