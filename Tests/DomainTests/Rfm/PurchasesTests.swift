import Domain
import JSON
import Testing

/// What a contact's purchases say of him.
@Suite("Purchases")
struct PurchasesTests {
  private func purchase(_ text: String, seq: Int64 = 1) throws -> EventFact {
    EventFact(
      seq: seq, at: Timestamp(milliseconds: seq * 1_000), type: "purchase",
      properties: try JSONDocument(parsing: Array(text.utf8)).root.value)
  }

  @Test(arguments: [
    (#"{"total": 100}"#, false), (#"{"total": 100, "coupon": "SPRING"}"#, true),
    (#"{"total": 100, "coupon": ""}"#, false), (#"{"total": 100, "coupon": null}"#, false),
    (#"{"total": 100, "discount": 5}"#, true), (#"{"total": 100, "discount": "0.00"}"#, false),
    (#"{"total": 100, "items": [{"price": 50, "quantity": 2}]}"#, false),
    (#"{"total": 99.99, "items": [{"price": 50, "quantity": 2}]}"#, true),
    (#"{"total": "0.3", "items": [{"price": 0.1}, {"price": "0.2"}]}"#, false),
    (#"{"total": 120, "items": [{"price": 50, "quantity": 2}]}"#, false),
    (#"{"total": 50, "items": [{"price": 50}, {"sku": "gift"}]}"#, false),
    (#"{"total": 74, "items": [{"price": 50, "quantity": 1.5}]}"#, true), ("{}", false),
  ])
  func `a purchase is at a discount by its coupon, its discount or less than its items cost`(
    _ text: String, _ isDiscounted: Bool
  ) throws {
    #expect(Discount.share(of: [try purchase(text)]) == (isDiscounted ? 1 : 0))
  }

  @Test func `the share at a discount is of all purchases, and of none there is none`() throws {
    let purchases = [try purchase(#"{"coupon": "A"}"#), try purchase("{}"), try purchase("{}"), try purchase("{}")]
    #expect(Discount.share(of: purchases) == 0.25)
    #expect(Discount.share(of: []) == nil)
  }

  @Test func `what is preferred has the largest quantity, and of equal ones was bought last`() throws {
    let purchases = [
      try purchase(#"{"items": [{"category": "shoes", "brand": "Apex"}, {"category": "hats"}]}"#, seq: 3),
      try purchase(#"{"items": [{"category": "bags", "brand": "Bolt", "quantity": 3}]}"#, seq: 2),
      try purchase(#"{"category": "shoes", "brand": "Apex", "quantity": "2"}"#, seq: 1),
    ]
    #expect(Preference(of: purchases).json == .object(["category": "shoes", "brand": "Apex"]))
    #expect(Preference(of: Array(purchases.suffix(2))).json == .object(["category": "bags", "brand": "Bolt"]))
    #expect(Preference(of: [try purchase(#"{"total": 5}"#)]).json == .object([:]))
  }

  @Test(
    arguments: [
      (#"{"total": 12.3456}"#, 123_456), (#"{"total": "0.1"}"#, 1_000), (#"{"total": 0.00005}"#, 1),
      (#"{"total": -3.00004}"#, -30_000), ("{}", 0), (#"{"total": "dear"}"#, 0), (#"{"total": [1, 2.5]}"#, 0),
      (#"{"total": 1e300}"#, 100_000_000_000_000_000), (#"{"total": 1e-300}"#, 0),
    ] as [(String, Int64)])
  func `a purchase is worth the numbers at the path, exactly`(_ text: String, _ amount: Int64) throws {
    #expect(RfmRule.standard.amount(of: try purchase(text).properties).tenThousandths == amount)
  }

  @Test func `an amount is written as the decimal it is`() {
    let texts = [0, 1, -1, 10_000, 123_456, -5_000, 120_000].map { Amount(tenThousandths: $0).number.text }
    #expect(texts == ["0", "0.0001", "-0.0001", "1", "12.3456", "-0.5", "12"])
  }

  @Test func `boundaries are taken at the next time of the shop's clock`() throws {
    let moscow = try #require(Zone("Europe/Moscow"))
    let sunday = try #require(Timestamp(rfc3339: "2026-03-01T12:00:00Z"))
    let monday = try #require(RfmRule.standard.nextBoundaries(after: sunday, in: moscow))
    #expect(monday.rfc3339 == "2026-03-02T01:00:00.000Z")
    #expect(RfmRule.standard.nextBoundaries(after: monday, in: moscow)?.rfc3339 == "2026-03-09T01:00:00.000Z")
    #expect(RfmRule.standard.nextBoundaries(after: monday + -1, in: moscow) == monday)
  }
}
