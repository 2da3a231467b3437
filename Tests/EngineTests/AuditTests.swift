import Domain
import Engine
import Foundation
import SQL
import Testing

/// The engine's audits find nothing in whatever state it leaves the file, read in several parts.
@Suite struct AuditTests {
  private func findings(_ world: EngineWorld) throws -> [String] {
    let db = try Connection(path: world.folder.appending(path: "zveno.sqlite").path, mode: .reader)
    defer { db.close() }
    let notes = AuditNotes()
    for audit in TimelineAudit(eventsAtOnce: 5).audits + RunAudit.audits { try audit.run(db, notes) }
    return notes.findings
  }

  private func change(
    _ world: EngineWorld, _ act: @escaping (ChainStore.Stored, Timestamp, Connection) throws -> Void
  ) throws {
    try world.write(once: true) { db, now, world in
      try act(try #require(try ChainStore().chain("cart", db)), now, db)
      world.catalog.invalidate()
    }
  }

  @Test("waiting, paused, in the middle of a resume, archived or restarted, no run is stuck and all are counted")
  func states() throws {
    let world = try EngineWorld(slice: Engine.Slice(timers: 2))
    try world.publish(
      "cart", #"{"enter":{"event":"cart"},"steps":[{"wait":"8h"},{"send":"email","template":"a","id":"reminder"}]}"#)
    for number in 0..<9 { try world.happen("cart", "c\(number)") }
    #expect(try findings(world) == [])
    try change(world) { try ChainStore().pause($0, now: $1, $2) }
    try world.time("2026-03-02T18:00:00Z")
    #expect(try findings(world) == [])
    try change(world) { try ChainStore().resume($0, now: $1, $2) }
    #expect(world.engine.hasSlicesLeft)
    #expect(try findings(world) == [])
    try world.restart()
    try world.settle()
    #expect(try findings(world) == [])
    try change(world) { try ChainStore().archive($0, now: $1, $2) }
    #expect(try findings(world) == [])
    try world.settle()
    #expect(try world.runs.allSatisfy { $0.hasPrefix("ended archived") })
    #expect(try findings(world) == [])
  }

  @Test("a timeline that lost rows is found out, merged or fresh")
  func timeline() throws {
    let world = try EngineWorld()
    for number in 0..<12 { try world.happen("view", "c\(number)") }
    #expect(try findings(world) == [])
    try world.write(once: true) { db, _, _ in
      for table in ["timeline", "fresh_timeline"] { try db.run("DELETE FROM \(table) WHERE seq IN (3, 12)") }
    }
    #expect(try findings(world) == [3, 12].map { "event \($0) has acted and stands in no timeline" })
  }
}
