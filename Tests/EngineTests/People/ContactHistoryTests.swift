import Domain
import Engine
import JSON
import SQL
import Testing

@Suite struct ContactHistoryTests {
  let db: Connection
  let noon = Timestamp(milliseconds: 1_772_452_800_000)

  init() throws {
    db = try TestStore().db
    try db.run("INSERT INTO event_types (id, name) VALUES (1, 'view'), (2, 'cart')")
    for seq in 1...5 {
      let at = noon.milliseconds + Int64(seq / 2) * 1000
      let type = seq % 2 + 1
      try db.run(
        "INSERT INTO events (seq, accepted_at, at, type, id, properties) VALUES ($1, $2, $2, $3, $4, $5)",
        [.int(seq), .int(at), .int(type), .text("e\(seq)"), seq == 5 ? .text(#"{"total":1.50}"#) : .null])
      try db.run(
        "INSERT INTO timeline (contact, type, at, seq) VALUES (7, $1, $2, $3)", [.int(type), .int(at), .int(seq)])
    }
  }

  @Test("events of all types come newest first, page by page")
  func pages() throws {
    let history = ContactHistory(try Timeline(db))
    let first = try history.page(of: 7, before: nil, limit: 3, db)
    #expect(first.map(\.id) == ["e5", "e4", "e3"])
    #expect(first.first?.json.text.contains(#""properties":{"total":1.50}"#) == true)
    let rest = try history.page(of: 7, before: first.last?.position, limit: 3, db)
    #expect(rest.map(\.id) == ["e2", "e1"])
    #expect(rest.first?.type == "view")
    #expect(try history.page(of: 8, before: nil, limit: 3, db).isEmpty)
  }
}
