import Domain
import Engine
import SQL
import Testing

/// Contacts whose zone changes while a run of theirs waits.
@Suite struct ClockChangeTests {
  private func dues(_ world: EngineWorld) throws -> [String] {
    try world.query(
      "SELECT coalesce(strftime('%m-%dT%H:%M', due_at / 1000, 'unixepoch'), '-') || ' ' || state FROM runs ORDER BY id"
    ) { $0.text(0) }
  }

  private func change(
    _ world: EngineWorld, _ act: @escaping (ChainStore.Stored, Timestamp, Connection) throws -> Void
  ) throws {
    try world.write { db, now, world in
      try act(try #require(try ChainStore().chain("clock", db)), now, db)
      world.catalog.invalidate()
    }
  }

  @Test("a change of zone moves a wait for a clock time, and leaves hours and other people alone")
  func movesWaits() throws {
    let world = try EngineWorld()
    try world.publish("clock", #"{"enter":{"event":"cart"},"steps":[{"wait_until":"10:00"},{"exit":"ten"}]}"#)
    try world.publish("hours", #"{"enter":{"event":"cart"},"steps":[{"wait":"8h"},{"exit":"eight"}]}"#)
    try world.happen("cart", "ann")
    try world.happen("cart", "bob")
    #expect(
      try dues(world) == ["03-02T10:00 active", "03-02T17:00 active", "03-02T10:00 active", "03-02T17:00 active"])
    try world.put("ann", #"{"time_zone":"America/New_York","attributes":{"city":"Boston"}}"#)
    #expect(
      try dues(world) == ["03-02T15:00 active", "03-02T17:00 active", "03-02T10:00 active", "03-02T17:00 active"])
    try world.restart()
    try world.time("2026-03-02T14:59:59Z")
    #expect(try world.runs == ["active 0", "active 0", "ended ten 1", "active 0"])
    try world.time("2026-03-02T15:00:00Z")
    #expect(try world.runs == ["ended ten 1", "active 0", "ended ten 1", "active 0"])
    let moves = try world.query("SELECT path FROM run_moves WHERE run = 1 ORDER BY id") { $0.text(0) }
    #expect(moves == [#"[["0"]]"#, #"[["0","moved"]]"#, #"[["1"],["","ten"]]"#])
  }

  @Test("a wait that is past by the new clock ends at once, a paused chain's when it is resumed")
  func endsWhatIsPast() throws {
    let world = try EngineWorld(at: "2026-03-02T06:00:00Z")
    try world.publish("clock", #"{"enter":{"event":"cart"},"steps":[{"wait_until":"10:00"},{"exit":"ten"}]}"#)
    try world.put("ann", #"{"time_zone":"America/New_York"}"#)
    try world.put("bob", #"{"time_zone":"America/New_York"}"#)
    try world.happen("cart", "ann")
    try world.happen("cart", "bob")
    #expect(try dues(world) == ["03-02T15:00 active", "03-02T15:00 active"])
    try world.time("2026-03-02T12:00:00Z")
    try world.put("ann", #"{"time_zone":"Europe/Moscow"}"#)
    #expect(try world.runs == ["ended ten 1", "active 0"])
    try change(world) { try ChainStore().pause($0, now: $1, $2) }
    try world.put("bob", #"{"time_zone":"Europe/Moscow"}"#)
    #expect(try world.runs == ["ended ten 1", "active 0"])
    try change(world) { try ChainStore().resume($0, now: $1, $2) }
    #expect(try world.runs == ["ended ten 1", "ended ten 1"])
  }

  @Test("a trip that is put forward is not missed")
  func movesDates() throws {
    let world = try EngineWorld()
    let steps = #"{"wait_until":{"date":"contact.trip","offset":"-3d"},"at":"10:00"},{"exit":"soon"}"#
    try world.publish("trip", #"{"enter":{"event":"booking"},"steps":[\#(steps)]}"#)
    try world.put("ann", #"{"attributes":{"trip":"2026-05-10"}}"#)
    try world.happen("booking", "ann")
    #expect(try dues(world) == ["05-07T10:00 active"])
    try world.put("ann", #"{"attributes":{"trip":"2026-04-10"}}"#)
    #expect(try dues(world) == ["04-07T10:00 active"])
  }
}
