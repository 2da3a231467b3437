import Domain
import Engine
import Ingest
import SQL
import Synchronization
import Testing

/// Rounds of the engine that end because their time is up: a look at the clock takes ten milliseconds here.
@Suite struct RoundLengthTests {
  private static let runs = 200

  private static func slowWorld() throws -> EngineWorld {
    let clock = Mutex<Int64>(0)
    let ticks = Ticks(clock)
    return try EngineWorld(monotonic: { ticks.next() })
  }

  private final class Ticks: Sendable {
    private let clock: Mutex<Int64>
    init(_ clock: consuming Mutex<Int64>) { self.clock = clock }
    func next() -> Int64 {
      clock.withLock {
        $0 += 10_000_000
        return $0
      }
    }
  }

  private func enter(_ world: EngineWorld) throws {
    try world.publish("cart", #"{"enter":{"event":"cart"},"steps":[{"wait":"8h"},{"send":"email","template":"a"}]}"#)
    let events = (0..<Self.runs).map { IncomingEvent(type: "cart", keys: ContactKeys(id: "c\($0)")) }
    try world.write(once: true) { db, now, world in _ = try world.log.append(events, now: now.milliseconds, db) }
  }

  @Test("events that take longer than a round are left to the next, each acts once")
  func events() throws {
    let world = try Self.slowWorld()
    try enter(world)
    let begun = try world.runs.count
    #expect(begun > 0 && begun < Self.runs)
    try world.settle()
    #expect(try world.runs == Array(repeating: "active 0", count: Self.runs))
  }

  @Test("runs that fall due at once are spread over rounds, and no later event acts before them")
  func timers() throws {
    let world = try Self.slowWorld()
    try enter(world)
    try world.settle()
    world.clock.set(try #require(Timestamp(rfc3339: "2026-03-02T18:00:00Z")))
    let stop = IncomingEvent(type: "other", keys: ContactKeys(id: "c0"))
    try world.write(once: true) { db, now, world in _ = try world.log.append([stop], now: now.milliseconds, db) }
    let planned = try world.messages.count
    #expect(planned > 0 && planned < Self.runs)
    #expect(!world.engine.isAtEnd)
    try world.settle()
    #expect(try world.messages.count == Self.runs)
    #expect(world.engine.isAtEnd)
  }

  @Test("of runs that are all due, those whose time came first act first, whoever was there before")
  func oldestFirst() throws {
    let world = try Self.slowWorld()
    try world.publish("late", #"{"enter":{"event":"cart"},"steps":[{"wait":"10h"},{"send":"email","template":"a"}]}"#)
    try world.publish("soon", #"{"enter":{"event":"view"},"steps":[{"wait":"8h"},{"send":"email","template":"a"}]}"#)
    for type in ["cart", "view"] {
      let events = (0..<Self.runs).map { IncomingEvent(type: type, keys: ContactKeys(id: "c\($0)")) }
      try world.write { db, now, world in _ = try world.log.append(events, now: now.milliseconds, db) }
    }
    world.clock.set(try #require(Timestamp(rfc3339: "2026-03-02T20:00:00Z")))
    var acted: [Int] = []
    while acted.last ?? 0 < 2 * Self.runs {
      _ = try world.writer.round()
      let sql =
        "SELECT count(*), count(*) FILTER (WHERE c.id = 'late') FROM messages m JOIN chains c ON c.number = m.chain"
      let (all, late) = try #require(try world.query(sql) { (Int($0.int(0)), Int($0.int(1))) }.first)
      #expect(late == max(0, all - Self.runs))
      if all == acted.last { break }
      acted.append(all)
    }
    #expect(acted.count > 2, "it took several rounds")
    #expect(acted.last == 2 * Self.runs)
  }
}
