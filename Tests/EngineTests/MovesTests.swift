import Domain
import Engine
import JSON
import SQL
import Testing

@Suite("The recorded moves of a run")
struct MovesTests {
  private func moves(_ world: EngineWorld, of run: Int64) throws -> [String] {
    try world.query("SELECT cause || ' ' || seq || ' ' || path FROM run_moves WHERE run = \(run) ORDER BY id") {
      $0.text(0)
    }
  }

  @Test("each decision that brings a run further is recorded with its cause, and what leaves it where it is, is not")
  func everyMove() throws {
    let world = try EngineWorld()
    try world.publish(
      "c",
      """
      {"enter":{"event":"cart"},"stop_when":{"did":"purchase"},
       "steps":[{"if":{"trigger":{"total":{">":10}}},"then":[{"wait":"1h","reset_on":"cart","id":"pause"}]},
                {"wait_for":{"did":"view"},"at_most":"2d","id":"look","then":[{"wait":"1d"}]}]}
      """)
    try world.happen("cart", "ann", ["total": 20])
    try world.happen("cart", "ann", ["total": 30])
    try world.happen("visit", "ann")
    try world.time("2026-03-02T10:00:00Z")
    try world.happen("view", "ann")
    try world.happen("purchase", "ann")
    #expect(
      try moves(world, of: 1) == [
        #"entry 1 [["0","then"],["pause"]]"#, #"event 2 [["pause","reset"]]"#, #"time 3 [["look"]]"#,
        #"event 4 [["look","then"],["1.then.0"]]"#, #"event 5 [["","stopped"]]"#,
      ])
  }

  @Test("a run that is ended from outside has that as its last move")
  func outside() throws {
    let world = try EngineWorld()
    try world.publish("c", #"{"enter":{"event":"view"},"reenter":"restart","steps":[{"wait":"1h"}]}"#)
    try world.happen("view")
    try world.happen("view")
    #expect(try moves(world, of: 1) == [#"entry 1 [["0"]]"#, #"outside 2 [["","restarted"]]"#])
    #expect(try moves(world, of: 2) == [#"entry 2 [["0"]]"#])
  }

  @Test("a timer that comes late says by how much")
  func late() throws {
    let world = try EngineWorld()
    try world.publish("c", #"{"enter":{"event":"view"},"steps":[{"wait":"1h"},{"wait":"1d"}]}"#)
    try world.happen("view")
    try world.time("2026-03-02T13:00:00Z")
    let late = try world.query("SELECT at, late FROM run_moves ORDER BY id") { ($0.int(0), $0.optionalInt(1)) }
    #expect(late.map(\.1) == [nil, 3 * 3_600_000])
    #expect(late.last?.0 == Timestamp(rfc3339: "2026-03-02T10:00:00Z")?.milliseconds)
  }

  @Test("when a chain became live, was paused and had another version is on record")
  func changes() throws {
    let world = try EngineWorld()
    let chain = #"{"enter":{"event":"view"},"steps":[{"wait":"1h"}]}"#
    try world.publish("c", chain)
    for (moment, isPause) in [("2026-03-02T10:00:00Z", true), ("2026-03-02T11:00:00Z", false)] {
      try world.time(moment)
      try world.write { db, now, world in
        let store = ChainStore()
        guard let stored = try store.chain("c", db) else { return }
        if isPause { try store.pause(stored, now: now, db) } else { try store.resume(stored, now: now, db) }
        world.catalog.invalidate()
      }
    }
    try world.publish("c", #"{"enter":{"event":"view"},"steps":[{"wait":"2h"}]}"#)
    let changes = try world.query("SELECT status || ' ' || version FROM chain_changes ORDER BY id") { $0.text(0) }
    #expect(changes == ["live 1", "paused 1", "live 1", "live 2"])
    let moments = try world.query("SELECT at FROM chain_changes ORDER BY id") { Timestamp(milliseconds: $0.int(0)) }
    #expect(moments.map { $0.rfc3339.dropFirst(11).prefix(2) } == ["09", "10", "11", "11"])
  }
}
