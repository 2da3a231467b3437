import Foundation
import JSON
import SQL
import Testing

/// The books in `/metrics` are figures of their own: they can be wrong, and then it shows.
@Suite("The books in /metrics", .onItsOwnThread)
struct ScrapedBooksTests {
  /// A figure that somebody has changed by one, and a part of what the next scrape says.
  private static let damages = [
    ("chain_counters", "step = 'text' AND outcome = 'pending'", "1.0 planned, 0.0 ended, 2.0 pending"),
    ("chain_counters", "step = 'text' AND outcome = 'planned'", "2.0 planned, 0.0 ended, 1.0 pending"),
    ("chain_counters", "step = 'letter' AND outcome = 'sent'", "1.0 planned, 2.0 ended, 0.0 pending"),
    ("chain_counters", "step = 'letter' AND outcome = 'unread'", "1.0 planned, 1.0 ended, 1.0 pending"),
    ("message_counters", "channel = 'sms' AND status = 'planned'", "1.0 pending, 2.0 in the ledger, 0.0 unread"),
  ]

  @Test("they are those of the ledger's rows, and a figure that somebody changes in the file does not balance")
  func damaged() throws {
    let shop = try Shop(clock: nil, provider: ["--answer", "hang"])
    try shop.ann()
    try shop.template("hello", ["subject": "Hello", "text": "Hello"])
    try shop.publish(
      "hello",
      [
        "enter": ["event": "signup"], "purpose": "transactional",
        "steps": [
          ["send": "email", "template": "hello", "id": "letter"], ["send": "sms", "template": "hello", "id": "text"],
        ],
      ])
    try shop.event("signup")
    try eventually("the provider has the text") { try shop.provider.requests().count == 1 }
    let sound = try books(shop)
    #expect(sound.isWhole)
    #expect(sound.faults.isEmpty, "\(sound.faults)")
    #expect(sound.pending.filter { $0.value != 0 } == [#"chain="hello",version="1",step="text""#: 1])
    shop.killHard()
    #expect(try Books(shop.dataPath + "/zveno.sqlite").pending() == ["hello text": 1])
    for (table, row, said) in Self.damages {
      try change(shop, "UPDATE \(table) SET count = count + 1 WHERE \(row)")
      try shop.open()
      let books = try books(shop)
      #expect(books.isWhole)
      #expect(books.faults.contains { $0.contains(said) }, "\(row): \(books.faults)")
      shop.killHard()
      try change(shop, "UPDATE \(table) SET count = count - 1 WHERE \(row)")
    }
    try shop.open()
    #expect(try books(shop).faults.isEmpty)
  }

  private func books(_ shop: Shop) throws -> ScrapedBooks { ScrapedBooks(try shop.call("GET", "/metrics").text) }

  private func change(_ shop: Shop, _ sql: String) throws {
    let db = try Connection(path: shop.dataPath + "/zveno.sqlite", mode: .writer)
    defer { db.close() }
    #expect(try db.run(sql) == 1)
    // It has copied the killed server's log back, after which the folder's note, where it is left, tells of none.
    try? FileManager.default.removeItem(atPath: shop.dataPath + "/state")
  }
}
