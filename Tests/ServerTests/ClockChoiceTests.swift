import Domain
import Engine
import SQL
import Testing

@testable import Server

@Suite("Which clock a start gets")
struct ClockChoiceTests {
  private let store: StoreOfTest
  private let db: Connection

  init() throws {
    store = try StoreOfTest()
    db = try store.open()
  }

  private func start(_ time: String?) throws -> ClockChoice {
    let identity = try Identity.load(db)
    return try ClockChoice.make(testTime: time.flatMap { Timestamp(rfc3339: $0) }, isNew: identity.isNew, db)
  }

  private func shown(_ choice: ClockChoice) -> String? {
    guard case .test(let clock) = choice.clock else { return nil }
    return Timestamp(milliseconds: clock.now()).rfc3339
  }

  @Test("a folder made with a test clock refuses a start without one")
  func needsTestClock() throws {
    #expect(shown(try start("2026-03-02T09:00:00Z")) == "2026-03-02T09:00:00.000Z")
    #expect(throws: StoreRefusal.self) { try start(nil) }
  }

  @Test("a folder made without a test clock refuses a start with one")
  func refusesTestClock() throws {
    #expect(shown(try start(nil)) == nil)
    #expect(throws: StoreRefusal.self) { try start("2026-03-02T09:00:00Z") }
  }

  @Test("a start with a later time than stored moves the clock and says that it counts as downtime")
  func later() throws {
    _ = try start("2026-03-02T09:00:00Z")
    let choice = try start("2026-03-03T09:00:00Z")
    #expect(shown(choice) == "2026-03-03T09:00:00.000Z")
    #expect(choice.remark?.contains("downtime") == true)
    #expect(
      try Facts.read(Facts.testClock, db) == Timestamp(rfc3339: "2026-03-03T09:00:00Z").map { "\($0.milliseconds)" })
  }

  @Test("a start with an earlier time than stored keeps the stored one and says so")
  func earlier() throws {
    _ = try start("2026-03-02T09:00:00Z")
    let choice = try start("2026-03-01T09:00:00Z")
    #expect(shown(choice) == "2026-03-02T09:00:00.000Z")
    #expect(choice.remark?.contains("does not go back") == true)
  }

  @Test("the identity and the signing secret are made once")
  func identity() throws {
    let first = try Identity.load(db)
    let second = try Identity.load(db)
    #expect(first.isNew && !second.isNew)
    #expect(first.instance == second.instance)
    #expect(first.signingSecret == second.signingSecret)
    #expect(first.signingSecret.count == Identity.secretBytes)
  }
}
