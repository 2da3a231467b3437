import Domain
import Engine
import SQL
import Testing

/// A resume in slices: here two runs a round.
@Suite struct ResumeTests {
  private static let contacts = ["ann", "bob", "cid", "dan", "eve"]

  /// Five runs of the chain whose time came while it was paused.
  private func world(
    steps: String = #"[{"wait":"8h"},{"send":"email","template":"a","id":"reminder"}]"#
  ) throws -> EngineWorld {
    let world = try EngineWorld(slice: Engine.Slice(timers: 2))
    try world.publish("cart", #"{"enter":{"event":"cart"},"steps":\#(steps)}"#)
    for contact in Self.contacts { try world.happen("cart", contact) }
    try change(world) { try ChainStore().pause($0, now: $1, $2) }
    try world.time("2026-03-02T18:00:00Z")
    return world
  }

  private func change(
    _ world: EngineWorld, once: Bool = false, _ act: @escaping (ChainStore.Stored, Timestamp, Connection) throws -> Void
  ) throws {
    try world.write(once: once) { db, now, world in
      try act(try #require(try ChainStore().chain("cart", db)), now, db)
      world.catalog.invalidate()
    }
  }

  private func resume(_ world: EngineWorld, once: Bool = false) throws {
    try change(world, once: once) { try ChainStore().resume($0, now: $1, $2) }
  }

  private func isResuming(_ world: EngineWorld) throws -> Bool {
    try world.query("SELECT count(*) FROM resumes") { $0.int(0) } != [0]
  }

  @Test("a resume lets some runs go a round, and each acts once")
  func slices() throws {
    let world = try world()
    #expect(try world.messages == [])
    try resume(world, once: true)
    #expect(try world.messages.count == 2)
    #expect(world.engine.hasSlicesLeft)
    #expect(try isResuming(world))
    try world.settle()
    #expect(try world.messages == Array(repeating: "reminder planned", count: 5))
    #expect(!world.engine.hasSlicesLeft)
    #expect(try !isResuming(world))
  }

  @Test("killed in the middle of a resume, the server goes on with it")
  func restarts() throws {
    let world = try world()
    try resume(world, once: true)
    try world.restart()
    try world.settle()
    #expect(try world.messages == Array(repeating: "reminder planned", count: 5))
    #expect(try !isResuming(world))
  }

  @Test("a pause in the middle of a resume keeps the others where they are until the next")
  func pausesMeanwhile() throws {
    let world = try world()
    try resume(world, once: true)
    try change(world) { try ChainStore().pause($0, now: $1, $2) }
    #expect(try world.messages.count == 2)
    #expect(try !isResuming(world))
    try world.time("2026-03-02T19:00:00Z")
    #expect(try world.messages.count == 2)
    try resume(world)
    #expect(try world.messages == Array(repeating: "reminder planned", count: 5))
  }

  @Test("a chain archived in the middle of its resume ends all of its runs")
  func archivesMeanwhile() throws {
    let world = try world()
    try resume(world, once: true)
    try change(world) { try ChainStore().archive($0, now: $1, $2) }
    #expect(
      try world.runs == Array(repeating: "ended archived 1", count: 2) + Array(repeating: "ended archived 0", count: 3))
    #expect(try world.messages == Array(repeating: "reminder skipped archived", count: 2))
    #expect(try !isResuming(world))
  }

  @Test("an event that comes before the resume has come to a run is seen when it does; a new run does not wait for it")
  func eventsMeanwhile() throws {
    let world = try world(
      steps: #"""
        [{"wait_for":{"did":"purchase"},"at_most":"2d","then":[{"send":"email","template":"a","id":"thanks"}],
          "else":[{"send":"email","template":"a","id":"reminder"}]}]
        """#)
    try resume(world, once: true)
    try world.happen("purchase", "eve")
    try world.happen("cart", "fay")
    try world.happen("purchase", "fay")
    #expect(try world.messages == ["thanks planned", "thanks planned"])
    #expect(try world.query("SELECT contact FROM messages ORDER BY contact") { $0.int(0) } == [5, 6])
    try world.time("2026-03-05T18:00:00Z")
    #expect(try world.messages.count == 6)
  }

  @Test("messages that a pause had parked leave after the runs, a slice a round")
  func releasesMessages() throws {
    let world = try world(steps: #"[{"send":"email","template":"a","id":"reminder"}]"#)
    try world.write { db, _, _ in try db.run("UPDATE messages SET parked_at = due_at, due_at = NULL") }
    try resume(world)
    #expect(try world.query("SELECT count(*) FROM messages WHERE parked_at IS NOT NULL") { $0.int(0) } == [0])
    #expect(try world.query("SELECT count(*) FROM messages WHERE due_at IS NOT NULL") { $0.int(0) } == [5])
  }
}
