import Delivery
import Domain
import Engine
import Retention
import SQL
import Testing

@Suite struct RetentionTests {
  private static let week = Span(days: 7)

  @Test("events go when their type has been kept long enough, and not before")
  func byType() throws {
    let shop = try Shop(RetentionPolicy(events: Span(days: 10), types: ["view": Self.week]))
    try shop.happen("view")
    try shop.happen("visit")
    try shop.pass(days: 7)
    try shop.happen("login")
    #expect(try shop.events() == ["view", "visit", "login"])
    try shop.pass(days: 1)
    try shop.happen("login")
    #expect(try shop.events() == ["visit", "login", "login"])
    try shop.pass(days: 3)
    try shop.happen("login")
    #expect(try shop.events() == ["login", "login", "login"])
    #expect(shop.stages.retention?.metrics == ["events": 2])
  }

  @Test("without a word about them events, messages and runs are kept for ever")
  func keepsByDefault() throws {
    #expect(try Shop(RetentionPolicy()).stages.retention == nil)
    let shop = try Shop(RetentionPolicy(types: ["view": Self.week]))
    for type in ["cart", "view", "visit"] { try shop.happen(type) }
    try shop.pass(days: 40)
    #expect(try shop.events() == ["cart", "visit"])
    #expect(try shop.count("messages") == 1)
    #expect(try shop.count("runs") == 1)
  }

  @Test("what comes while nothing is old enough goes in its time, though nothing happens any more")
  func wakesForWhatCame() throws {
    let shop = try Shop(RetentionPolicy(types: ["view": Self.week]))
    // The walk over the empty log is over, and nothing to wait for.
    try shop.happen("visit")
    for type in ["view", "visit"] { try shop.happen(type) }
    #expect(try shop.sleep(days: 10) > 0)
    #expect(try shop.events() == ["visit", "visit"])
  }

  @Test("an event that an active run needs stays until the run is over")
  func keepsTriggers() throws {
    let shop = try Shop(
      RetentionPolicy(events: Self.week),
      chain: #"{"enter":{"event":"cart"},"steps":[{"wait":"20d"},{"send":"email","template":"a"}]}"#)
    try shop.happen("cart")
    try shop.happen("view")
    try shop.happen("login")
    try shop.pass(days: 10)
    #expect(try shop.events() == ["cart", "login"])
    #expect(try shop.count("kept_events") == 1)
    #expect(try shop.findings() == [])
    try shop.pass(days: 10)
    #expect(try shop.query("SELECT status FROM messages") { $0.text(0) } == ["sent"])
    #expect(try shop.query("SELECT state FROM runs") { $0.text(0) } == ["ended"])
    try shop.pass(days: 1)
    #expect(try !shop.events().contains("cart"))
    #expect(try shop.count("kept_events") == 0)
  }

  @Test("what a message said goes before the message, what is not over stays whole")
  func bodies() throws {
    let shop = try Shop(
      RetentionPolicy(bodies: Self.week),
      chain: #"""
        {"enter":{"event":"cart"},"steps":[{"send":"email","template":"a"},{"send":"call","template":"a","id":"talk"}]}
        """#)
    try shop.write { db, now in
      let phone = try #require(PhoneNumber("+79161234567"))
      var patch = ContactPatch()
      patch.phone = .set(phone)
      _ = try People().change(id: "ann", patch, now: now, db)
    }
    for _ in 0..<2 { try shop.happen("cart") }
    try shop.write { db, now in
      for task in try TaskStore().page(queue: nil, status: nil, after: 0, limit: 3, now: now, db).dropFirst() {
        _ = try TaskStore().complete(task.id, as: .answered, note: nil, now: now, db)
      }
    }
    let full = #"SELECT label FROM messages WHERE "values" IS NOT NULL ORDER BY id"#
    #expect(try shop.query(full) { $0.text(0) }.count == 4)
    try shop.pass(days: 9)
    #expect(try shop.query(full) { $0.text(0) } == ["talk"], "an operator has still to read it")
    #expect(try shop.query("SELECT text = '' FROM tasks ORDER BY id") { $0.bool(0) } == [false, true])
    #expect(try shop.count("messages") == 4)
    #expect(try shop.findings() == [])
  }

  @Test("messages, tasks and runs that are over go, the last of each stays, and the books balance")
  func messages() throws {
    let shop = try Shop(
      RetentionPolicy(messages: Self.week),
      chain: #"""
        {"enter":{"event":"cart"},"steps":[{"send":"email","template":"a"},{"send":"call","template":"a","id":"talk"}]}
        """#)
    try shop.write { db, now in
      let phone = try #require(PhoneNumber("+79161234567"))
      var patch = ContactPatch()
      patch.phone = .set(phone)
      _ = try People().change(id: "ann", patch, now: now, db)
    }
    for _ in 0..<3 { try shop.happen("cart") }
    try shop.write { db, now in
      for task in try TaskStore().page(queue: nil, status: nil, after: 0, limit: 3, now: now, db).dropFirst() {
        _ = try TaskStore().complete(task.id, as: .answered, note: nil, now: now, db)
      }
    }
    try shop.pass(days: 9)
    // The first call is still to be made; the last task and the last message keep their ids from being given again.
    #expect(try shop.query("SELECT label FROM messages ORDER BY id") { $0.text(0) } == ["talk", "talk"])
    #expect(try shop.count("tasks") == 2)
    #expect(try shop.query("SELECT id FROM runs") { $0.int(0) } == [1, 3])
    #expect(try shop.query("SELECT DISTINCT run FROM run_moves ORDER BY run") { $0.int(0) } == [1, 3])
    try Self.checkBooks(shop)
  }

  static func checkBooks(_ shop: Shop) throws {
    let messages = """
      SELECT chain, version, label, status, sum(n) FROM (
        SELECT chain, version, label, status, count(*) AS n FROM messages GROUP BY chain, version, label, status
        UNION ALL SELECT chain, version, label, status, sum(count) FROM retired_messages GROUP BY 1, 2, 3, 4)
      WHERE status IN ('sent', 'failed', 'skipped', 'unknown') GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
      """
    let counted = """
      SELECT chain, version, step, outcome, count FROM chain_counters
      WHERE step <> '' AND outcome IN ('sent', 'failed', 'skipped', 'unknown') ORDER BY 1, 2, 3, 4
      """
    func read(_ sql: String) throws -> [String] {
      try shop.query(sql) { "\($0.int(0)) \($0.int(1)) \($0.text(2)) \($0.text(3)) \($0.int(4))" }
    }
    #expect(try read(messages) == read(counted))
    let runs = "SELECT (SELECT count(*) FROM runs) + coalesce((SELECT sum(count) FROM retired_runs), 0)"
    let entered = "SELECT sum(count) FROM chain_counters WHERE step = '' AND outcome = 'entered'"
    #expect(try shop.query(runs) { $0.int(0) } == shop.query(entered) { $0.int(0) })
    #expect(try shop.findings() == [])
  }

  @Test(
    "a run stays as long as its chain's rule for coming in again asks after it",
    arguments: [
      ("never", [40], [1]), ("after 30d", [10, 20, 40], [1, 1, 2]), ("after_exit", [10], [2]), ("always", [10], [2]),
    ])
  func reenter(_ rule: String, days: [Int64], entries: [Int64]) throws {
    let shop = try Shop(
      RetentionPolicy(messages: Self.week),
      chain: #"{"enter":{"event":"cart"},"reenter":"\#(rule)","steps":[{"send":"email","template":"a"}]}"#)
    try shop.happen("cart")
    try shop.happen("cart", "bob")
    var passed: Int64 = 0
    for (day, expected) in zip(days, entries) {
      try shop.pass(days: day - passed)
      passed = day
      try shop.happen("cart")
      let entered = "SELECT sum(count) FROM chain_counters WHERE step = '' AND outcome = 'entered'"
      #expect(try shop.query(entered) { $0.int(0) } == [expected + 1], "after \(day) days")
    }
    #expect(try shop.query("SELECT count(*) FROM runs WHERE id = 1") { $0.int(0) } == [rule == "never" ? 1 : 0])
  }

  @Test("a round looks at one slice, and at a fifth of it while events are still to act")
  func slices() throws {
    let shop = try Shop(RetentionPolicy(events: Self.week), slice: 10)
    try shop.happen("view", times: 100)
    shop.clock.set(shop.clock.now + 20 * Shop.day)
    try shop.append("view", times: 3000)
    #expect(try shop.stages.writer.round().more)
    #expect(!shop.stages.engine.isAtEnd)
    #expect(shop.stages.retention?.metrics == ["events": 2])
    #expect(try shop.stages.writer.round().more)
    #expect(shop.stages.retention?.metrics == ["events": 12])
    try shop.settle()
    #expect(shop.stages.retention?.metrics == ["events": 100])
    #expect(try shop.count("events") == 3000)
  }

  @Test("where the disk is slow a round ends when its time is over, and nothing is left over in the end")
  func slowDisk() throws {
    let shop = try Shop(RetentionPolicy(events: Self.week))
    try shop.happen("view", times: 1000)
    shop.clock.set(shop.clock.now + 20 * Shop.day)
    try shop.append("login")
    shop.clock.slow(to: 3_000_000)
    #expect(try shop.stages.writer.round().more)
    let first = try #require(shop.stages.retention?.metrics["events"])
    #expect((1...200).contains(first))
    #expect(try shop.stages.writer.round().more)
    #expect(shop.stages.retention?.metrics == ["events": 2 * first])
    try shop.settle()
    #expect(try shop.events() == ["login"])
    shop.clock.slow(to: 0)
    try shop.happen("view", times: 1000)
    shop.clock.set(shop.clock.now + 20 * Shop.day)
    try shop.append("login")
    #expect(try shop.stages.writer.round().more)
    #expect(shop.stages.retention?.metrics["events"] == 1000 + 500)
  }

  @Test("after a kill it goes on where it was, and a type that is now kept shorter is looked for from the beginning")
  func restarts() throws {
    let policy = RetentionPolicy(events: Span(days: 30), types: ["view": Self.week])
    let shop = try Shop(policy, slice: 10)
    try shop.happen("search", times: 20)
    try shop.happen("view", times: 30)
    shop.clock.set(shop.clock.now + 10 * Shop.day)
    try shop.append("login")
    for _ in 0..<5 { _ = try shop.stages.writer.round() }
    let left = try shop.count("events")
    #expect((22..<51).contains(left))
    try shop.restart()
    try shop.settle()
    #expect(try shop.events() == Array(repeating: "search", count: 20) + ["login"])
    try shop.restart(RetentionPolicy(events: Span(days: 30), types: ["view": Self.week, "search": Self.week]))
    try shop.settle()
    #expect(try shop.events() == ["login"])
    // By other rules than now, and still no damage.
    try shop.restart(RetentionPolicy(types: ["search": Self.week]))
    try shop.settle()
    #expect(try shop.findings() == [])
  }

  @Test("before anything was deleted a missing event is damage, whatever the configuration says")
  func nothingDeleted() throws {
    let shop = try Shop(RetentionPolicy(events: Self.week))
    try shop.happen("view", times: 3)
    try shop.pass(days: 2)
    #expect(try shop.findings() == [])
    try shop.write { db, _ in try db.run("DELETE FROM events WHERE seq = 2") }
    #expect(try shop.findings().contains { $0.contains("events 2 to 2 are missing") })
  }

  @Test("the newest event stays however old it is: the next one follows it")
  func keepsLast() throws {
    let shop = try Shop(RetentionPolicy(events: Self.week))
    try shop.happen("view", times: 5)
    try shop.pass(days: 30)
    #expect(try shop.query("SELECT seq FROM events") { $0.int(0) } == [5])
    try shop.restart()
    try shop.happen("view")
    #expect(try shop.query("SELECT max(seq) FROM events") { $0.int(0) } == [6])
  }
}
