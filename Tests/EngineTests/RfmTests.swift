import Domain
import Engine
import Foundation
import Ingest
import JSON
import SQL
import Testing

@Suite("Recency, frequency and money")
struct RfmTests {
  private static let listener = #"{"enter":{"event":"rfm.moved"},"reenter":"always","steps":[{"wait":"9d"}]}"#

  private func moves(_ world: EngineWorld) throws -> [String] {
    let sql = """
      SELECT e.properties, coalesce(c.external_id, '') FROM events e JOIN event_types t ON t.id = e.type
      JOIN contacts c ON c.id = e.contact WHERE t.name = 'rfm.moved' ORDER BY e.seq
      """
    return try world.query(sql) { row in
      let properties = try JSONDocument(parsing: row.textBytes(0)).root.value
      let words = [
        properties["from"]?.string ?? "-", properties["to"]?.string ?? "", properties["cause"]?.string ?? "",
      ]
      return row.text(1) + " " + words.joined(separator: " ")
    }
  }

  private func cells(_ world: EngineWorld) throws -> [String] {
    try world.query(
      "SELECT c.external_id, coalesce(r.cell, '-') FROM rfm r JOIN contacts c ON c.id = r.contact ORDER BY 1"
    ) { $0.text(0) + " " + $0.text(1) }
  }

  /// Five contacts, the first with one purchase of 1 a day before Monday's boundaries, the last with five of 5 five days
  /// before.
  private func shop(_ world: EngineWorld) throws {
    for day in 1...5 {
      try world.time("2026-03-0\(day + 3)T04:00:00Z")
      let buyer = 6 - day
      for _ in 0..<buyer { try world.happen("purchase", "c\(buyer)", ["total": .number(JSONNumber(buyer))]) }
    }
  }

  @Test func `nobody has a score before the first Monday on which somebody has bought`() throws {
    let world = try EngineWorld()
    try world.time("2026-03-03T04:00:00Z")
    #expect(try world.query("SELECT version FROM rfm_boundaries") { $0.int(0) } == [])
    try shop(world)
    #expect(try cells(world) == ["c1 -", "c2 -", "c3 -", "c4 -", "c5 -"])
    try world.time("2026-03-09T04:00:00Z")
    #expect(try cells(world) == ["c1 511", "c2 422", "c3 333", "c4 244", "c5 155"])
    let taken = try world.query("SELECT contacts, recency, frequency, monetary FROM rfm_boundaries") {
      "\($0.int(0)) | \($0.text(1)) | \($0.text(2)) | \($0.text(3))"
    }
    let day: Int64 = 86_400_000
    let ages = [9, 13, 17, 21].map { String($0 * day) }.joined(separator: " ")
    #expect(taken == ["5 | \(ages) | 9 13 17 21 | 170000 350000 590000 890000"])
    #expect(try moves(world) == (1...5).reversed().map { "c\($0) - \(6 - $0)\($0)\($0) boundaries" })
  }

  @Test func `a purchase and the passing of time move a contact, each at its own moment`() throws {
    let world = try EngineWorld()
    try shop(world)
    try world.time("2026-03-09T04:00:00Z")
    let before = try moves(world).count
    // The boundaries are 1.8, 2.6, 3.4 and 4.2 days.
    try world.time("2026-03-10T00:00:00Z")
    try world.happen("purchase", "c5", ["total": 1])
    let moves = try moves(world).dropFirst(before)
    #expect(
      moves == [
        "c4 244 144 time", "c3 333 233 time", "c2 422 322 time", "c1 511 411 time", "c5 155 555 event",
      ])
    let falls = try world.query(
      "SELECT at FROM events WHERE type = (SELECT id FROM event_types WHERE name = 'rfm.moved') ORDER BY seq"
    ) { Timestamp(milliseconds: $0.int(0)).rfc3339 }
    #expect(
      falls.dropFirst(before).prefix(4) == [
        "2026-03-09T08:48:00.001Z", "2026-03-09T13:36:00.001Z", "2026-03-09T18:24:00.001Z", "2026-03-09T23:12:00.001Z",
      ])
    #expect(try cells(world) == ["c1 411", "c2 322", "c3 233", "c4 144", "c5 555"])
  }

  @Test func `new boundaries start no chain unless its trigger asks for what they do`() throws {
    let world = try EngineWorld()
    try world.publish("moved", Self.listener)
    let asked = #""rfm.moved","where":{"cause":"boundaries"}"#
    try world.publish("asked", Self.listener.replacing(#""rfm.moved""#, with: asked))
    try shop(world)
    try world.time("2026-03-09T04:00:00Z")
    let sql = "SELECT c.id, count(*) FROM runs r JOIN chains c ON c.number = r.chain GROUP BY 1 ORDER BY 1"
    #expect(try world.query(sql) { "\($0.text(0)) \($0.int(1))" } == ["asked 5"])
    try world.happen("purchase", "c1", ["total": 9])
    #expect(try world.query(sql) { "\($0.text(0)) \($0.int(1))" } == ["asked 5", "moved 1"])
  }

  @Test func `who lies on a new boundary is moved by it, not by time`() throws {
    let world = try EngineWorld()
    try world.time("2026-03-04T04:00:00Z")
    try world.happen("purchase", "old", ["total": 1])
    try world.time("2026-03-06T04:00:00Z")
    for name in ["a", "b", "c", "d"] { try world.happen("purchase", name, ["total": 1]) }
    try world.time("2026-03-09T04:00:00Z")
    let before = try moves(world).count
    try world.time("2026-03-09T04:00:01Z")
    let later = try moves(world)
    #expect(later.count > before)
    #expect(later.allSatisfy { $0.hasSuffix(" boundaries") }, "\(later)")
  }

  @Test func `history that is loaded is counted and says nothing`() throws {
    let world = try EngineWorld()
    try shop(world)
    try world.time("2026-03-09T04:00:00Z")
    let before = try moves(world)
    try world.happen("purchase", "c1", ["total": 100], at: "2026-01-01T00:00:00Z")
    #expect(try cells(world).first == "c1 525")
    #expect(try moves(world) == before)
  }

  @Test func `a file from before is filled from its timeline in slices, and boundaries are taken at once`() throws {
    let world = try EngineWorld(slice: Engine.Slice(events: 5, timers: 2))
    try shop(world)
    try world.write { db, _, _ in
      for table in ["rfm", "rfm_cells"] { try db.run("DELETE FROM \(table)") }
      try db.run("DELETE FROM facts WHERE name LIKE 'rfm.%'")
    }
    try world.restart()
    try world.happen("purchase", "c2", ["total": "0.50"])
    let rows = try world.query(
      "SELECT c.external_id, purchases, amount FROM rfm r JOIN contacts c ON c.id = r.contact ORDER BY 1"
    ) { "\($0.text(0)) \($0.int(1)) \($0.int(2))" }
    #expect(rows == ["c1 1 10000", "c2 3 45000", "c3 3 90000", "c4 4 160000", "c5 5 250000"])
    let taken = try world.query("SELECT contacts, moved IS NULL FROM rfm_boundaries") { "\($0.int(0)) \($0.int(1))" }
    #expect(taken == ["5 1"])
  }

  @Test func `who is merged into another brings his purchases along`() throws {
    let world = try EngineWorld()
    try shop(world)
    try world.time("2026-03-09T04:00:00Z")
    try world.write { db, now, world in
      let (gone, survivor) = (try #require(try People().find("c1", db)), try #require(try People().find("c5", db)))
      try RfmRows().merge(gone.row, into: survivor.row, db)
      let done = IncomingEvent(type: "contact.merged", properties: [], contact: survivor.row)
      try world.log.append(own: [done], now: now.milliseconds, db)
    }
    #expect(try cells(world) == ["c2 422", "c3 333", "c4 244", "c5 555"])
    #expect(try moves(world).last == "c5 155 555 event")
    #expect(try counted(world) == ["244 1", "333 1", "422 1", "555 1"])
  }

  private func counted(_ world: EngineWorld) throws -> [String] {
    try world.query("SELECT cell, contacts FROM rfm_cells WHERE contacts <> 0 ORDER BY cell") {
      "\($0.text(0)) \($0.int(1))"
    }
  }

  @Test(arguments: 1...3)
  func `at every moment the scores are those that the log says`(_ seed: UInt64) throws {
    var chance = Chance(state: seed)
    let world = try EngineWorld(slice: Engine.Slice(events: 3, timers: chance.draw(2) == 0 ? 2 : 2_000))
    var bought: [String: [RfmFigures]] = [:]
    var now = Timestamp(milliseconds: world.clock.now)
    var versions = 0
    for _ in 0..<80 {
      switch chance.draw(8) {
      case 0: try world.restart()
      case 1, 2:
        now = now + Int64(1 + chance.draw(6 * 24 * 60)) * 60_000
        try world.time(now.rfc3339)
      default:
        let (contact, late) = ("c\(chance.draw(12))", Int64(chance.draw(3) == 0 ? chance.draw(100) * 3_600_000 : 0))
        let (cents, at) = (Int64(chance.draw(10_000)), now + -late)
        try world.happen(
          "purchase", contact, ["total": .number(JSONNumber(text: "\(cents)e-2") ?? 0)], at: at.rfc3339)
        bought[contact, default: []].append(
          RfmFigures(lastAt: at, count: 1, sum: Amount(tenThousandths: cents * 100)))
      }
      let figures = bought.compactMapValues { $0.dropFirst().reduce($0.first) { one, other in one.map { $0 + other } } }
      let stored = try world.query("SELECT version, computed_at, recency, frequency, monetary FROM rfm_boundaries") {
        (version: $0.int(0), at: Timestamp(milliseconds: $0.int(1)), texts: [$0.text(2), $0.text(3), $0.text(4)])
      }
      guard let newest = stored.last else { continue }
      let boundaries = RfmBoundaries(
        version: newest.version, computedAt: newest.at, contacts: 0,
        recency: try quintiles(newest.texts[0]), frequency: try quintiles(newest.texts[1]),
        monetary: try quintiles(newest.texts[2]))
      if stored.count > versions {
        // Taken in this very step: of what there is.
        versions = stored.count
        func expect(_ quintiles: Quintiles, _ measure: (RfmFigures) -> Int64) {
          let sorted = figures.values.map(measure).sorted()
          #expect(Quintiles(count: sorted.count) { sorted[$0] } == quintiles)
        }
        expect(boundaries.recency) { max(0, newest.at - $0.lastAt) }
        expect(boundaries.frequency, \.count)
        expect(boundaries.monetary, \.sum.tenThousandths)
      }
      let wanted = figures.mapValues { boundaries.state(of: $0, at: now).cell.text }
      #expect(try cells(world) == wanted.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })
      let counts = Dictionary(grouping: wanted.values) { $0 }.sorted { $0.key < $1.key }
      #expect(try counted(world) == counts.map { "\($0.key) \($0.value.count)" })
    }
    #expect(versions > 3)
    #expect(try findings(world) == [])
    try expectUnbrokenMoves(world)
  }

  private func quintiles(_ text: String) throws -> Quintiles {
    try #require(Quintiles(fifths: text.split(separator: " ").compactMap { Int64($0) }))
  }

  /// Each move goes on from where the one before it ended; what is loaded of the past moves silently.
  private func expectUnbrokenMoves(_ world: EngineWorld) throws {
    let sql = """
      SELECT e.contact, e.external_id, e.properties, t.name = 'purchase' FROM events e
      JOIN event_types t ON t.id = e.type
      WHERE t.name = 'rfm.moved' OR (t.name = 'purchase' AND e.accepted_at - e.at > 86400000) ORDER BY e.seq
      """
    let rows = try world.query("SELECT external_id, id FROM contacts") { ($0.text(0), $0.int(1)) }
    let contacts = Dictionary(uniqueKeysWithValues: rows)
    var last: [Int64: String] = [:]
    for step in try world.query(sql, { ($0.optionalInt(0), $0.optionalText(1), $0.textBytes(2), $0.bool(3)) }) {
      if step.3 {
        if let contact = step.1.flatMap({ contacts[$0] }) { last[contact] = nil }
        continue
      }
      let (contact, move) = (step.0 ?? 0, try JSONDocument(parsing: step.2).root.value)
      #expect(move["from"] != move["to"])
      if let known = last[contact] { #expect(known == move["from"]?.string) }
      last[contact] = move["to"]?.string
    }
  }

  private func findings(_ world: EngineWorld) throws -> [String] {
    let db = try Connection(path: world.folder.appending(path: "zveno.sqlite").path, mode: .reader)
    defer { db.close() }
    let notes = AuditNotes()
    for audit in RfmAudit.audits { try audit.run(db, notes) }
    return notes.findings
  }

  @Test func `verification finds figures, cells and counts that are not those of the log`() throws {
    let world = try EngineWorld()
    try shop(world)
    try world.time("2026-03-09T04:00:00Z")
    #expect(try findings(world) == [])
    func damage(_ sql: String, _ findings: [String]) throws {
      try world.write(once: true) { db, _, _ in
        let kept = try db.query("SELECT contact, purchases, cell, due_at FROM rfm WHERE contact = 1") { $0.values }
        try db.run(sql)
        let notes = AuditNotes()
        for audit in RfmAudit.audits { try audit.run(db, notes) }
        #expect(notes.findings == findings)
        try db.run("UPDATE rfm SET purchases = $2, cell = $3, due_at = $4 WHERE contact = $1", kept[0])
      }
    }
    try damage(
      "UPDATE rfm SET purchases = 6 WHERE contact = 1",
      ["contact 1 has 6 purchases of 25, in the log are 5 of 25"])
    try damage(
      "UPDATE rfm SET cell = '154' WHERE contact = 1",
      [
        "contact 1 is in cell 154, by his figures it is 155", "cell 154 has 1 contacts, 0 counted",
        "cell 155 has 0 contacts, 1 counted",
      ])
    try damage(
      "UPDATE rfm SET due_at = 1772000000000 WHERE contact = 1",
      ["contact 1 is in cell 155, by his figures it is 555"])
    try damage("UPDATE rfm_cells SET contacts = 0 WHERE cell = '155'", ["cell 155 has 1 contacts, 0 counted"])
  }

  private struct Chance {
    var state: UInt64
    mutating func draw(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(count))
    }
  }
}
