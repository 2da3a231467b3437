import Domain
import Engine
import Foundation
import Ingest
import SQL
import Seeds
import Testing

/// "Not opened within 24 hours" against opens at about that moment.
///
/// `ZVENO_RACES=100000` runs so many instead of five hundred.
@Suite struct BranchRaceTests {
  private static let races = Int(ProcessInfo.processInfo.environment["ZVENO_RACES"] ?? "") ?? 500
  private static let atOnce = 100

  private static let chain = """
    {"enter":{"event":"cart"},"purpose":"transactional","steps":[
      {"send":"email","template":"a","id":"a"},
      {"wait_for":{"opened":"a"},"at_most":"24h","id":"look","then":[{"wait":"2d","id":"thanks"}],
       "else":[{"wait":"2d","id":"again"}]},{"exit":"over"}]}
    """

  @Test func `the order of commits decides, each race has one end, and no later open turns it`() throws {
    var (thanks, again) = (0, 0)
    for seed in 0..<UInt64(max(1, Self.races / Self.atOnce)) {
      let ends = try Race(seed: seed, contacts: Self.atOnce, chain: Self.chain).run()
      (thanks, again) = (thanks + ends.thanks, again + ends.again)
    }
    // Neither is rare: they do race.
    #expect(min(thanks, again) * 5 > Self.races)
  }
}

/// Some contacts whose wait ends at the same moment, and who open at about that moment.
private final class Race {
  private struct Open {
    let accepted: Timestamp
    let round: Int
  }

  private let seed: UInt64
  private let world: EngineWorld
  private let reader: Connection
  private let contacts: Int
  private var chance: Seeded
  private var rounds = 0
  /// By contact, as the first was committed.
  private var opened: [Int64: Open] = [:]
  /// By contact, the round that decided.
  private var decided: [Int64: (round: Int, step: String)] = [:]

  init(seed: UInt64, contacts: Int, chain: String) throws {
    (self.seed, self.contacts, chance) = (seed, contacts, Seeded(seed))
    // Backlogs take several rounds.
    world = try EngineWorld(slice: Engine.Slice(events: 3, timers: 30), durability: .off)
    reader = try Connection(path: world.folder.appending(path: "zveno.sqlite").path, mode: .reader)
    try world.publish("cart", chain)
  }

  deinit { reader.close() }

  func run() throws -> (thanks: Int, again: Int) {
    let end = try begin()
    for offset in -2...2 {
      world.clock.set(end + Int64(offset))
      // Some open before the server looks at its clock, some while it is busy, some when it has done all that was due.
      try open(some: 12)
      for _ in 0..<Int.random(in: 0...3, using: &chance) { try round() }
      if chance.oneIn(3) { try world.restart() }
      try open(some: 12)
      if chance.oneIn(2) { try settle() }
      try open(some: 6)
    }
    world.clock.set(end + 1000)
    try settle()
    try judge(end: end)
    let before = try places()
    for contact in 1...Int64(contacts) { open(contact, at: end + -3_600_000) }
    try settle()
    #expect(try places() == before, "seed \(seed)")
    #expect(try world.findings() == [], "seed \(seed)")
    return (before.values.count { $0 == "thanks" }, before.values.count { $0 == "again" })
  }

  /// All have entered and got their letter. When their waits end.
  private func begin() throws -> Timestamp {
    let events = (1...contacts).map { IncomingEvent(type: "cart", keys: ContactKeys(id: "c\($0)")) }
    try world.write { db, now, world in _ = try world.log.append(events, now: now.milliseconds, db) }
    let count = contacts
    try world.write { db, now, world in
      try db.run("UPDATE messages SET status = 'sent', sent_at = $1, due_at = NULL", [.int(now.milliseconds)])
      let sent = try db.query("SELECT id, contact FROM messages ORDER BY id") { ($0.int(0), $0.int(1)) }
      #expect(sent.count == count)
      let events = sent.map {
        IncomingEvent(type: "message.sent", properties: Array("{}".utf8), contact: $0.1, message: $0.0)
      }
      try world.log.append(own: events, now: now.milliseconds, db)
    }
    return Timestamp(milliseconds: world.clock.now) + 24 * 3_600_000
  }

  /// Of those who have not, each by a write of its own, in a few commits.
  private func open(some most: Int) throws {
    for _ in 0..<Int.random(in: 0...most, using: &chance) {
      let contact = Int64.random(in: 1...Int64(contacts), using: &chance)
      guard opened[contact] == nil else { continue }
      let now = Timestamp(milliseconds: world.clock.now)
      // It is in the commit of the next round. Some tell it later than it happened.
      opened[contact] = Open(accepted: now, round: rounds + 1)
      open(contact, at: chance.oneIn(4) ? now + -3_600_000 : now)
      if chance.oneIn(3) { try round() }
    }
    try round()
  }

  private func open(_ contact: Int64, at moment: Timestamp) {
    nonisolated(unsafe) let world = world
    world.writer.submit({ db, now in
      // Contacts and their messages are made in the same order.
      let event = IncomingEvent(
        type: "message.opened", at: moment, properties: Array(#"{"machine":false}"#.utf8), contact: contact,
        message: contact)
      try world.log.append(own: [event], now: now, db)
    }) { if case .failure(let error) = $0 { Issue.record(error) } }
  }

  private func round() throws {
    _ = try world.writer.round()
    rounds += 1
    for (contact, step) in try places() where step != "look" && decided[contact] == nil {
      decided[contact] = (rounds, step)
    }
  }

  private func settle() throws {
    let now = world.clock.now
    for _ in 0..<1000 {
      try round()
      if world.engine.isAtEnd,
        try reader.query("SELECT 1 FROM runs WHERE due_at <= $1", [.int(now)], { _ in 1 }).isEmpty
      {
        return
      }
    }
    Issue.record("the engine does not come to rest, seed \(seed)")
  }

  /// Where each contact's run stands.
  private func places() throws -> [Int64: String] {
    let steps = ["a", "look", "thanks", "again", "?"]
    let rows = try reader.query("SELECT contact, step FROM runs WHERE state = 'active'", []) {
      ($0.int(0), Int($0.int(1)))
    }
    return Dictionary(rows.map { ($0, steps[min($1, 4)]) }) { _, second in second }
  }

  private func judge(end: Timestamp) throws {
    for contact in 1...Int64(contacts) {
      guard let decision = decided[contact] else {
        Issue.record("contact \(contact) was not decided, seed \(seed)")
        continue
      }
      // In time, and there when it was decided.
      let isOpened = opened[contact].map { $0.accepted <= end && $0.round <= decision.round } ?? false
      #expect(decision.step == (isOpened ? "thanks" : "again"), "contact \(contact), seed \(seed)")
    }
    let taken = world.counters.chains.filter { $0.key.step == "look" }
    let (then, other) = (taken.first { $0.key.outcome == "then" }, taken.first { $0.key.outcome == "else" })
    #expect((then?.value ?? 0) + (other?.value ?? 0) == Int64(contacts), "seed \(seed)")
    let twice = """
      SELECT run FROM run_moves WHERE path LIKE '%"then"%' OR path LIKE '%"else"%' GROUP BY run HAVING count(*) > 1
      """
    #expect(try world.query(twice) { $0.int(0) } == [], "seed \(seed)")
  }
}
