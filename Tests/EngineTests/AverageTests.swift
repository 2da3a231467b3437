import Domain
import Engine
import JSON
import SQL
import Testing

/// `{"silence": …, "longer_than": "1x average of …"}`.
@Suite("Segments' averages")
struct AverageTests {
  private static let silent = #"{"silence":"purchase","longer_than":"1x average of buyers"}"#

  private func averages(_ world: EngineWorld) throws -> [String] {
    try world.query("SELECT segment, condition, contacts, average FROM segment_averages ORDER BY computed_at, 2") {
      let hours = $0.optionalInt(3).map { "\(Double($0) / 3_600_000)" } ?? "none"
      return "\($0.text(0))\($0.text(1)) of \($0.int(2)): \(hours)"
    }
  }

  /// Contact number n buys today and every n hours before that, three times in all.
  private func shop(_ world: EngineWorld, _ contacts: ClosedRange<Int>) throws {
    for contact in contacts {
      for purchase in 0..<3 {
        let at = Timestamp(milliseconds: world.clock.now) + -Int64(contact * (2 - purchase)) * 3_600_000
        try world.happen("purchase", "c\(contact)", at: at.rfc3339)
      }
    }
  }

  @Test func `are worked out at once where one is asked for, and then on the schedule`() throws {
    let world = try EngineWorld(slice: Engine.Slice(events: 100, timers: 7))
    try world.save("buyers", #"{"did":"purchase"}"#)
    try shop(world, 1...9)
    try world.save("quiet", Self.silent)
    // Nine are too few to say.
    #expect(try averages(world) == ["buyers of 9: none"])
    try shop(world, 10...12)
    #expect(try averages(world) == ["buyers of 9: none"])
    try world.time("2026-03-03T00:00:00Z")
    #expect(try world.members("quiet") == [])
    try world.time("2026-03-09T04:00:00Z")
    #expect(try averages(world) == ["buyers of 9: none", "buyers of 12: 6.5"])
    // It is nobody's doing.
    #expect(
      try world.moves.filter { $0.contains("quiet") } == (1...12).map { _ in "segment.entered quiet boundaries 04:00" })
  }

  @Test func `are compared with to the millisecond, by those who fit`() throws {
    let world = try EngineWorld()
    try world.save("buyers", #"{"did":"purchase"}"#)
    try shop(world, 1...12)
    try world.happen("purchase", "two", at: "2026-03-02T07:00:00Z")
    try world.happen("purchase", "two")
    try world.happen("purchase", "once")
    try world.save("quiet", Self.silent)
    // Twelve of 1 to 12 hours and one of 2: who bought once has no gap.
    let milliseconds = Int64((80.0 / 13 * 3_600_000).rounded())
    #expect(
      try world.query("SELECT contacts, average FROM segment_averages") { "\($0.int(0)) \($0.int(1))" } == [
        "13 \(milliseconds)"
      ])
    let due = Timestamp(milliseconds: world.clock.now) + milliseconds
    world.clock.set(due + -1)
    try world.settle()
    #expect(try world.members("quiet") == [])
    world.clock.set(due)
    try world.settle()
    #expect(try world.members("quiet").count == 14)
    try world.happen("purchase", "c3")
    #expect(try world.members("quiet").count == 13)
    #expect(try world.moves.last == "segment.left quiet event 15:09")
  }

  @Test func `are worked out anew after a crash in the middle`() throws {
    let world = try EngineWorld(slice: Engine.Slice(events: 100, timers: 2))
    try world.save("buyers", #"{"did":"purchase"}"#)
    try shop(world, 1...12)
    try world.save("quiet", Self.silent, once: true)
    for _ in 0..<40 {
      _ = try world.writer.round()
      try world.restart()
    }
    try world.settle()
    #expect(try averages(world) == ["buyers of 12: 6.5"])
    try world.time("2026-03-02T15:31:00Z")
    #expect(try world.members("quiet").count == 12)
  }
}
