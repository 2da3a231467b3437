import Domain
import Engine
import JSON
import SQL
import Testing

@Suite struct SuppressionsTests {
  let db: Connection
  let suppressions = Suppressions()
  let noon = Timestamp(milliseconds: 1_772_452_800_000)

  init() throws { db = try TestStore().db }

  private func suppression(_ text: String) throws -> Suppression {
    try Suppression(JSONDocument(parsing: Array(text.utf8)).root, at: noon)
  }

  private func reason(_ address: String, _ channel: String, _ purpose: Purpose) throws -> String? {
    try suppressions.reason(against: address, channel: channel, purpose: purpose, db)
  }

  @Test("an address of every channel is kept back on each, one of a channel on that alone")
  func channels() throws {
    try suppressions.add(suppression(#"{"address":"Ann@Shop.Example","reason":"complaint"}"#), db)
    try suppressions.add(suppression(#"{"address":"+7 916 123-45-67","channel":"sms","reason":"asked"}"#), db)
    #expect(
      try reason("ann@shop.example", "email", .transactional) == "complaint"
    )
    #expect(try suppressions.reason(against: "+79161234567", channel: "sms", purpose: .marketing, db) == "asked")
    #expect(try suppressions.reason(against: "+79161234567", channel: "call", purpose: .marketing, db) == nil)
  }

  @Test("an unsubscribe keeps back marketing alone")
  func marketing() throws {
    try suppressions.add(suppression(#"{"address":"ann@shop.example","purpose":"marketing"}"#), db)
    #expect(try reason("ann@shop.example", "email", .marketing) != nil)
    #expect(try reason("ann@shop.example", "email", .transactional) == nil)
  }

  @Test("what is taken away passes again")
  func removal() throws {
    try suppressions.add(suppression(#"{"address":"ann@shop.example"}"#), db)
    #expect(try suppressions.remove(address: "ann@shop.example", db) == 1)
    #expect(try suppressions.remove(address: "ann@shop.example", db) == 0)
    #expect(try reason("ann@shop.example", "email", .marketing) == nil)
  }

  @Test("pages go through the list once, without a gap")
  func pages() throws {
    for name in ["c", "a", "b"] { try suppressions.add(suppression(#"{"address":"\#(name)@shop.example"}"#), db) }
    let first = try suppressions.page(after: nil, limit: 2, db)
    #expect(first.map(\.address) == ["a@shop.example", "b@shop.example"])
    let rest = try suppressions.page(after: first.last?.position, limit: 2, db)
    #expect(rest.map(\.address) == ["c@shop.example"])
    #expect(try suppressions.page(after: nil, limit: 9, address: "b@shop.example", db).count == 1)
  }

  @Test(
    "an address takes the form of its kind",
    arguments: [
      ("Ann@Shop.Example", nil, "ann@shop.example"), ("+7 916 123-45-67", nil, "+79161234567"),
      ("8 916 123-45-67", "sms", "+79161234567"), ("916", "sms", nil), ("ann", "email", nil),
      ("@ann", "telegram", "@ann"), ("@ann", nil, "@ann"),
    ] as [(String, String?, String?)])
  func forms(raw: String, channel: String?, kept: String?) {
    #expect(Suppression.normalised(raw, channel: channel) == kept)
  }
}
