import API
import Domain
import SQL
import Synchronization
import Testing

@testable import Server

@Suite("Moving a test clock")
struct ClockDriverTests {
  /// Acts on due timers one a round, and notes at which time it did. A timer that ends in 5 starts another 3 later.
  private final class Timers: Duty, Settling {
    func work(_ db: Connection, now: Int64) throws -> DutyProgress {
      let due = try db.first("SELECT min(due) FROM timers WHERE acted_at IS NULL AND due <= $1", [.int(now)]) {
        $0.optionalInt(0)
      }
      guard let due, let due else { return .idle(until: nil) }
      try db.run("UPDATE timers SET acted_at = $1 WHERE due = $2", [.int(now), .int(due)])
      if due % 10 == 5 { try db.run("INSERT INTO timers (due) VALUES ($1)", [.int(due + 3)]) }
      return .more
    }

    func committed() {}
    func rolledBack() {}

    func nextDue(_ db: Connection, now: Int64) throws -> Int64? {
      try db.first("SELECT min(due) FROM timers WHERE acted_at IS NULL") { $0.optionalInt(0) } ?? nil
    }

    func isSettled(_ db: Connection, now: Int64) throws -> Bool {
      try db.first("SELECT count(*) FROM timers WHERE acted_at IS NULL AND due <= $1", [.int(now)]) { $0.int(0) } == 0
    }
  }

  private let store: StoreOfTest
  private let clock = TestClock(at: 1_000)
  private let writer: Writer
  private let driver: ClockDriver

  init() throws {
    store = try StoreOfTest()
    let timers = Timers()
    let db = try store.open()
    for due in [1_005, 1_050, 1_050 + 3_600_000] as [Int64] {
      try db.run("INSERT INTO timers (due) VALUES ($1)", [.int(due)])
    }
    writer = Writer(connection: db, duties: [timers], now: { [clock] in clock.now() })
    driver = ClockDriver(clock: clock, writer: writer, settling: timers)
  }

  private func acted() throws -> [String] {
    try store.open().query("SELECT due, acted_at FROM timers WHERE acted_at IS NOT NULL ORDER BY due") {
      "\($0.int(0)) at \($0.int(1))"
    }
  }

  @Test("everything due on the way acts at its own time, also what the way brings about")
  func order() throws {
    writer.start()
    defer { writer.stop() }
    let now = try driver.move(.advance(try #require(Span("1m"))))
    #expect(now.milliseconds == 61_000)
    #expect(try acted() == ["1005 at 1005", "1008 at 1008", "1050 at 1050"])
    #expect(try store.open().first("SELECT value FROM facts WHERE name = 'test_clock'") { $0.text(0) } == "61000")
  }

  @Test("a move to the present just settles")
  func present() throws {
    writer.start()
    defer { writer.stop() }
    #expect(try driver.move(.to(Timestamp(milliseconds: 1_000))).milliseconds == 1_000)
    #expect(try acted().isEmpty)
  }

  @Test("a move back is refused")
  func back() throws {
    writer.start()
    defer { writer.stop() }
    #expect(throws: Refusal.self) { try driver.move(.to(Timestamp(milliseconds: 999))) }
  }
}

@Suite("Steps of the wall clock")
struct StepWatchTests {
  @Test("a step of more than a minute is told, with its direction; drift is not")
  func steps() {
    var watch = StepWatch()
    #expect(watch.step(wall: 1_000_000, monotonic: 0) == nil)
    #expect(watch.step(wall: 1_010_100, monotonic: 10_000) == nil)
    #expect(watch.step(wall: 1_020_000 + 3_600_000, monotonic: 20_000) == 3_599_900)
    #expect(watch.step(wall: 1_030_000, monotonic: 30_000) == -3_600_000)
  }
}

@Suite("A wall clock that is set back")
struct SlewedTimeTests {
  private static let hour: Int64 = 3_600_000

  @Test("time goes on at half speed until the wall has caught up, and then with the wall")
  func goesOn() {
    var time = SlewedTime()
    let start = 1_000 * Self.hour
    #expect(time.now(wall: start, monotonic: 0) == start)
    // Set back by an hour.
    #expect(time.now(wall: start - Self.hour, monotonic: 0) == start)
    #expect(time.now(wall: start, monotonic: Self.hour) == start + Self.hour / 2)
    #expect(time.now(wall: start + Self.hour, monotonic: 2 * Self.hour) == start + Self.hour)
    #expect(time.now(wall: start + 3 * Self.hour, monotonic: 4 * Self.hour) == start + 3 * Self.hour)
  }

  @Test("it never goes back, however often it is looked at, and not a millisecond is lost")
  func looksOften() {
    var time = SlewedTime()
    var last = time.now(wall: Self.hour, monotonic: 0)
    for monotonic in Int64(1)...10_001 {
      let now = time.now(wall: monotonic, monotonic: monotonic)
      #expect(now >= last)
      last = now
    }
    #expect(last == Self.hour + 5_000)
  }

  @Test("a wall that is set forth is followed at once")
  func setForth() {
    var time = SlewedTime()
    _ = time.now(wall: 5 * Self.hour, monotonic: 0)
    _ = time.now(wall: 0, monotonic: 1)
    #expect(time.now(wall: 9 * Self.hour, monotonic: 2) == 9 * Self.hour)
  }
}
