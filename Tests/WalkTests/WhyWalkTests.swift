import JSON
import Testing

@Suite("zveno why")
struct WhyWalkTests {
  private let shop: Shop

  init() throws {
    shop = try Shop()
    try shop.template("hello", ["subject": "Hello", "text": "Hi"])
    try shop.ann()
    try shop.publish(
      "cart",
      [
        "enter": ["event": "cart", "where": ["total": [">=": 1000]]], "stop_when": ["did": "purchase"],
        "steps": [["wait": "8h", "id": "pause"], ["send": "email", "template": "hello", "id": "letter"]],
      ])
  }

  private func why(_ arguments: String...) throws -> (status: Int32?, output: String) {
    let port = try #require(shop.zveno).port
    return try Zveno.run(["why", "--url", "http://127.0.0.1:\(port)"] + arguments)
  }

  @Test("tells people what happened and what would have to, and scripts the same as JSON")
  func tells() throws {
    try shop.event("cart", id: "c1", ["total": 500])
    try shop.settle()
    let never = try why("cart", "ann")
    #expect(never.status == 0, "\(never.output)")
    #expect(never.output.contains("ann in cart (live): never_entered"), "\(never.output)")
    #expect(never.output.contains("no   /enter/where  {\"total\":{\">=\":1000}}"), "\(never.output)")
    #expect(never.output.contains("wants  another `cart` with total >= 1000 (it is 500)"), "\(never.output)")

    try shop.event("cart", id: "c2", ["total": 1500])
    try shop.advance("8h")
    try shop.event("purchase", id: "p1")
    try shop.settle()
    let lived = try why("cart", "phone:+79161234567")
    #expect(lived.status == 0, "\(lived.output)")
    for line in [
      "2026-03-02T09:00Z  entry cart c2", "2026-03-02T17:00Z  time", "letter (email, hello): sent, it was handed over",
    ] {
      #expect(lived.output.contains(line), "\(lived.output)")
    }
    let answer = try JSONValue(parsing: try why("cart", "ann", "--json").output)
    #expect(answer["runs"]?.array?.count == 1)
    #expect(answer["attempts"]?.array?.compactMap { $0["event"]?.string } == ["c2", "c1"])
  }

  @Test("says what there is not, and that is no success")
  func missing() throws {
    let chain = try why("none", "ann")
    #expect(chain.status == 1)
    #expect(chain.output.contains("answered 404: there is no chain none"), "\(chain.output)")
    let contact = try why("cart", "nobody")
    #expect(contact.status == 1)
    #expect(contact.output.contains("there is no contact nobody"), "\(contact.output)")
  }
}
