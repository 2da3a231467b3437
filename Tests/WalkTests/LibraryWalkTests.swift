import JSON
import Testing

/// Every chain of `config/` in one running server: what enters it is posted, and its first message leaves.
@Suite("The library, live")
struct LibraryWalkTests {
  /// What lets `contact` into a chain, and the template that comes of it, or one of several.
  private struct Entry {
    let chain: String
    let templates: Set<String>
    let cause: (Shop, String) throws -> Void
    /// What happens when scores have boundaries.
    let later: (Shop, String) throws -> Void

    init(
      _ chain: String, _ template: String, or other: String? = nil, _ cause: @escaping (Shop, String) throws -> Void,
      later: @escaping (Shop, String) throws -> Void = { _, _ in }
    ) {
      (self.chain, self.cause, self.later) = (chain, cause, later)
      templates = Set([template] + [other].compactMap { $0 })
    }
  }

  private static func event(_ type: String, _ properties: JSONValue = [:]) -> (Shop, String) throws -> Void {
    { shop, contact in try shop.event(type, contact: ["id": .string(contact)], properties) }
  }

  private static func bought(_ category: String) -> (Shop, String) throws -> Void {
    { shop, contact in
      let item: JSONValue = ["sku": .string("s-" + category), "category": .string(category), "price": 900]
      try event("purchase", ["order_id": .string("o-" + contact), "total": 900, "items": [item]])(shop, contact)
    }
  }

  /// Every ten days.
  private static func boughtThrice(_ days: [String]) -> (Shop, String) throws -> Void {
    { shop, contact in for day in days { try bought(onDay: day, shop, contact) } }
  }

  private static func bought(onDay day: String, _ shop: Shop, _ contact: String) throws {
    let order: JSONValue = ["order_id": .string("\(contact)-\(day)"), "total": 900]
    try shop.ask(
      "POST", "/v1/events",
      [
        "type": "purchase", "at": .string("2026-\(day)T09:00:00Z"), "contact": ["id": .string(contact)],
        "properties": order,
      ])
  }

  private static func boughtMuch(_ shop: Shop, _ contact: String) throws {
    for order in 1...4 {
      try event("purchase", ["order_id": .string("\(contact)-\(order)"), "total": 6000, "coupon": "MAY"])(shop, contact)
    }
  }

  /// Forty-five in the days before all others: past the next boundaries time takes those, one after the other.
  private static func othersBoughtBefore(_ shop: Shop, _: String) throws {
    let events: [JSONValue] = (0..<45).map { index in
      let (day, hour) = (24 + index / 9, index % 9 * 2)
      return [
        "type": "purchase", "at": .string("2026-02-\(day)T\(hour < 10 ? "0" : "")\(hour):00:00Z"),
        "contact": ["id": .string("other-\(index)")],
        "properties": ["order_id": .string("other-\(index)"), "total": 900],
      ]
    }
    try shop.ask("POST", "/v1/events", .array(events))
  }

  private static func viewed(_ products: [JSONValue]) -> (Shop, String) throws -> Void {
    { shop, contact in for product in products { try event("view", product)(shop, contact) } }
  }

  private static func enrolled(_ chain: String, _ properties: JSONValue = [:]) -> (Shop, String) throws -> Void {
    { shop, contact in
      let body: JSONValue = ["contact": .string(contact), "properties": properties]
      try shop.ask("POST", "/v1/chains/\(chain)/enroll", body)
    }
  }

  /// Gets five letters and more in the first days, which are opened in the test.
  private static func becomeReader(_ shop: Shop, _ contact: String) throws {
    try event("signup")(shop, contact)
    try event("subscribe")(shop, contact)
    try event("search", ["query": "плед", "found": 3])(shop, contact)
    try event("cart", ["cart_id": "c1", "total": 4000])(shop, contact)
  }

  /// The letters that readers have got since are opened on a telephone.
  /// - Parameter opened: the pixels of those that were opened before.
  private static func openLetters(_ shop: Shop, but opened: inout Set<String>) throws {
    let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    for reader in ["a-iphone-accessories", "a-reader-faded"] {
      for letter in try shop.mail.letters(to: reader) {
        let pixel = try #require(letter.attributes("src").first { $0.contains("/t/o/") })
        if opened.insert(pixel).inserted { _ = try shop.visit(pixel, agent: phone) }
      }
    }
    try shop.settle()
  }

  /// The segments that somebody is in.
  private static func inhabited(_ shop: Shop) throws -> Set<String> {
    let ids = try shop.ask("GET", "/v1/segments?limit=100")["items"]?.array?.compactMap { $0["id"]?.string } ?? []
    return Set(
      try ids.filter { id in
        let members = try shop.ask("GET", "/v1/segments/\(id)/members")["items"]?.array ?? []
        return members.allSatisfy { $0["id"]?.string != nil && $0["since"]?.string != nil } && !members.isEmpty
      })
  }

  private static var entries: [Entry] {
    [
      Entry("registration", "registration-confirmation", event("signup")),
      Entry("welcome", "welcome-gift", event("subscribe")),
      Entry("interest", "interest-viewed", event("view", ["sku": "s1", "name": "Плед"])),
      Entry(
        "abandoned-category", "category-choice",
        viewed(["s1", "s2", "s3"].map { ["sku": $0, "category": "tea"] })),
      Entry(
        "abandoned-product", "product-viewed",
        viewed(Array(repeating: ["sku": "s1", "name": "Плед", "price": 4000], count: 3))),
      Entry("abandoned-search", "search-found", event("search", ["query": "плед", "found": 3])),
      Entry("cart", "cart-1", event("cart", ["cart_id": "c1", "total": 4000])),
      Entry("after-purchase", "after-purchase-thanks", bought("towels")),
      Entry("running-out", "repeat-time", bought("coffee")),
      // His pause is over before there are boundaries: nobody is average yet.
      Entry("repeat-purchase", "rhythm-time", boughtThrice(["02-05", "02-15", "02-25"])),
      Entry("iphone-accessories", "iphone-accessories") { shop, contact in
        try becomeReader(shop, contact)
        try event("app_open", ["os": "ios"])(shop, contact)
      },
      Entry("reader-faded", "reader-faded", becomeReader),
      Entry("wake-up", "wake-up") { shop, contact in
        for _ in 0..<3 { try event("visit")(shop, contact) }
      },
      Entry("bring-a-friend", "friend-invite", bought("cups"), later: boughtMuch),
      Entry("best-gift", "best-gift", bought("cups"), later: boughtMuch),
      Entry("relevant-offer", "worst-popular", bought("cups"), later: othersBoughtBefore),
      Entry("shorter-interval", "sooner-offer", boughtThrice(["02-10", "02-20", "03-02"])),
      Entry("friend-thanks", "friend-thanks") { shop, contact in
        let friend = contact + "-friend"
        try event("purchase", ["order_id": .string(friend), "total": 900, "referrer_id": .string(contact)])(
          shop, friend)
      },
      Entry(
        "event-invitation", "invitation",
        enrolled(
          "event-invitation",
          ["event_id": "e1", "title": "Дегустация", "starts_at": "2026-03-20", "url": "https://shop.example/e"])),
      Entry(
        "contest", "contest-accepted",
        event(
          "contest.joined",
          ["contest_id": "k1", "title": "Весна", "ends_at": "2026-03-20", "url": "https://shop.example/k"])),
      Entry("subscriber", "subscriber-missed", event("payment", ["total": 300])),
      Entry("reactivation", "reactivation-discount", enrolled("reactivation")),
      Entry("expecting-soon", "expecting-soon-start", bought("vitamins-planning")),
      Entry("expecting", "expecting-start", bought("vitamins-pregnancy")),
      Entry("future-father", "father-start") { shop, contact in
        let wife = contact + "-wife"
        try shop.ask("PUT", "/v1/contacts/\(wife)", ["attributes": ["first_name": "Аня", "family_letters": true]])
        try shop.ask("PUT", "/v1/contacts/\(wife)/relations/spouse/\(contact)")
        try bought("vitamins-pregnancy")(shop, wife)
      },
      Entry("bigger-bed", "bed-bigger", bought("cots")),
      Entry("promotion", "promotion-month", or: "promotion-gift", bought("lamps")),
      Entry("anniversary", "anniversary-gift") { shop, contact in
        try shop.ask("PUT", "/v1/contacts/\(contact)", ["attributes": ["first_purchase": "2025-03-10"]])
      },
    ]
  }

  /// These wait for the averages of segments, which ten people make.
  private static let ofAverages: Set = ["losing-new", "losing-visitor"]

  /// Several where some are held out, so that these do not hide the chain.
  private static func contacts(of entry: Entry) -> [String] {
    let holdsOut = ["abandoned-product", "bring-a-friend", "promotion", "reactivation", "wake-up", "shorter-interval"]
      .contains(entry.chain)
    return (holdsOut ? ["a-", "b-", "c-"] : ["a-"]).map { $0 + entry.chain }
  }

  @Test("each shipped chain lets in whom it is for, and its first message leaves; each shipped segment has its members")
  func firstMessages() throws {
    let shop = try Shop(apply: true)
    let live = try shop.ask("GET", "/v1/chains?limit=100")["items"]?.array?.compactMap { $0["id"]?.string } ?? []
    let silent = ["first-purchase"]
    #expect(Set(live) == Set(Self.entries.map(\.chain) + silent), "a chain without a walk, or a walk without a chain")
    for entry in Self.entries {
      for contact in Self.contacts(of: entry) {
        try shop.ask(
          "PUT", "/v1/contacts/\(contact)",
          ["email": .string(contact + "@example.com"), "attributes": ["first_name": "Аня"], "locale": "ru"])
        try entry.cause(shop, contact)
      }
    }
    try shop.settle()
    var inhabited = try Self.inhabited(shop)
    var opened: Set<String> = []
    try shop.advance("10d")
    try Self.openLetters(shop, but: &opened)
    try shop.advance("30d")
    try Self.openLetters(shop, but: &opened)
    for entry in Self.entries {
      for contact in Self.contacts(of: entry) { try entry.later(shop, contact) }
    }
    try shop.settle()
    inhabited.formUnion(try Self.inhabited(shop))
    // Every month the same: the rest is about those who wait for long.
    try shop.ask("POST", "/v1/chains/promotion/pause", [:])
    try shop.advance("4mo")
    inhabited.formUnion(try Self.inhabited(shop))
    try shop.advance("14mo")
    inhabited.formUnion(try Self.inhabited(shop))
    let segments = try shop.ask("GET", "/v1/segments?limit=100")["items"]?.array?.compactMap { $0["id"]?.string } ?? []
    #expect(Set(segments).subtracting(inhabited) == Self.ofAverages)
    for entry in Self.entries {
      let sent = try Self.contacts(of: entry).flatMap { try shop.messages("&chain=\(entry.chain)&contact=\($0)") }
      let templates = sent.filter { $0["status"]?.string == "sent" }.compactMap { $0["template"]?.string }
      #expect(!entry.templates.isDisjoint(with: templates), "\(entry.chain): \(sent.map(\.text))")
    }
    let failed = try shop.messages("&status=failed").map(\.text)
    #expect(failed == [])
  }
}
