import JSON
import Testing

/// A chain is edited while Ann waits in it.
@Suite("A live edit")
struct EditWalkTests {
  private let shop: Shop

  init() throws {
    shop = try Shop()
    try shop.ann()
    for id in ["old", "new"] { try shop.template(id, ["subject": .string(id), "text": "Hello"]) }
    try shop.publish("cart", Self.chain(wait: "8h", template: "old"))
    try shop.event("cart")
    try shop.settle()
  }

  private static func chain(wait: String, template: String) -> JSONValue {
    [
      "enter": ["event": "cart"],
      "steps": [
        ["wait": .string(wait), "id": "pause"], ["send": "email", "template": .string(template), "id": "letter"],
        ["wait": "1d"],
      ],
    ]
  }

  private func publish(_ chain: JSONValue, runs: String) throws -> JSONValue {
    try shop.ask("PUT", "/v1/chains/cart", chain)
    return try shop.ask("POST", "/v1/chains/cart/publish", ["runs": .string(runs)])
  }

  @Test("who follows it gets the new letter at the new time, also over a kill of the server")
  func follows() throws {
    let answer = try publish(Self.chain(wait: "2h", template: "new"), runs: "follow")
    #expect(answer["runs"] == [["step": "pause", "version": 1, "count": 1, "becomes": "pause"]])
    shop.killHard()
    try shop.open()
    try shop.advance("2h")
    #expect(try shop.mail.letters().map(\.subject) == ["new"])
    let runs = try shop.ask("GET", "/v1/chains/cart/runs")["items"]?.array ?? []
    #expect(runs.map { $0["version"] } == [2])
    #expect(runs.map { $0["step"] } == ["2"])
  }

  @Test("who is pinned, and who comes back by a rollback, walks the old one")
  func pins() throws {
    _ = try publish(Self.chain(wait: "2h", template: "new"), runs: "pin")
    try shop.advance("2h")
    #expect(try shop.mail.letters().isEmpty)
    let back = try shop.ask("POST", "/v1/chains/cart/rollback", ["version": 1, "runs": "follow"])
    #expect(back["version"] == 3)
    try shop.advance("6h")
    #expect(try shop.mail.letters().map(\.subject) == ["old"])
  }
}
