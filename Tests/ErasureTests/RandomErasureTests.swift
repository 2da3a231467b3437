import Delivery
import Domain
import Engine
import Erasure
import Foundation
import Ingest
import JSON
import SQL
import Testing

/// A wish to merge that waits in the log while one of the two is erased.
@Suite struct ErasureAndMergeTests {
  @Test(arguments: [true, false])
  func `who is erased before a merge acts neither takes the other along nor leaves him his past`(isSurvivor: Bool)
    throws
  {
    let village = try Village()
    for id in ["per01", "per02"] {
      let event = IncomingEvent(
        type: "view", keys: ContactKeys(id: id), properties: Array(#"{"note":"of \#(id)"}"#.utf8))
      _ = try village.post([event])
    }
    try village.settle()
    let log = village.life.log
    let (from, into) = isSurvivor ? ("per02", "per01") : ("per01", "per02")
    try village.write { db, now in
      let rows = try [from, into].map { try #require(try People().find($0, db)).row }
      try log.append(own: [ContactEvent.merge(rows[0], into: rows[1], by: .call)], now: now, db)
      _ = try village.life.erasures.erase("per01", reason: "test", by: "k", id: "e", now: now, db)
    }
    try village.settle()
    let dump = try village.dump()
    #expect(!dump.contains("per01"))
    #expect(dump.contains("of per02"))
    let other = try village.life.writer.perform { db, _ in try People().find("per02", db)?.externalID }
    #expect(other == "per02")
    #expect(try village.findings() == [])
  }
}

/// Erasures at random moments of random lives: with events that wait, messages in hand, merges of the timeline under way,
/// rounds that are done again, restarts, and files that are held.
@Suite struct RandomErasureTests {
  private struct Dice {
    var state: UInt64

    mutating func roll(_ sides: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(truncatingIfNeeded: (state >> 33) % UInt64(sides))
    }
  }

  private static func keys(_ person: Int, _ dice: inout Dice) -> ContactKeys {
    let (id, email, browser) = ("per0\(person)", "per0\(person)@shop.example", "browser-per0\(person)")
    return switch dice.roll(5) {
    case 0: ContactKeys(id: id)
    case 1: ContactKeys(email: email)
    case 2: ContactKeys(id: id, anonymousID: browser)
    case 3: ContactKeys(anonymousID: browser)
    default: ContactKeys(id: id, email: email, anonymousID: browser)
    }
  }

  @Test(arguments: 1...(Int(ProcessInfo.processInfo.environment["ZVENO_ERASURE_SEEDS"] ?? "") ?? 6))
  func `who was erased is in no row, comes in by no key, and the books of everybody else balance`(seed: Int) throws {
    let village = try Village()
    var dice = Dice(state: UInt64(seed))
    var erased: Set<Int> = []
    /// Whose keys lead to somebody who was named by all of them.
    var named: Set<Int> = []
    for step in 0..<120 {
      let person = 1 + dice.roll(6)
      switch dice.roll(12) {
      case 0...4:
        // Perhaps by one key first, which merges later; once by all, and acted upon: then any of them is his.
        let isNew = !erased.contains(person) && !named.contains(person)
        if isNew, village.life.hold.fact != nil { break }
        let (email, browser) = ("per0\(person)@shop.example", "browser-per0\(person)")
        let isShy = isNew && dice.roll(2) == 0
        let keys =
          !isNew
          ? Self.keys(person, &dice)
          : isShy
            ? dice.roll(2) == 0 ? ContactKeys(email: email) : ContactKeys(anonymousID: browser)
            : ContactKeys(id: "per0\(person)", email: email, anonymousID: browser)
        let events = (0...dice.roll(3)).map { index in
          IncomingEvent(
            id: "e\(step)-\(index)-per0\(person)", type: dice.roll(2) == 0 ? "cart" : "view", keys: keys,
            properties: Array(#"{"note":"of per0\#(person)"}"#.utf8))
        }
        let answer = try village.post(events)
        #expect(answer.rejected.count == (erased.contains(person) ? events.count : 0), "seed \(seed), step \(step)")
        guard !isShy else { break }
        if isNew { try village.settle() }
        named.insert(person)
      case 5:
        guard named.contains(person), !erased.contains(person) else { break }
        let name = dice.roll(2) == 0 ? "per0\(person)" : "email:per0\(person)@shop.example"
        #expect(try village.erase(name) != nil, "seed \(seed), step \(step)")
        erased.insert(person)
      case 6:
        guard erased.remove(person) != nil else { break }
        named.remove(person)
        let erasures = village.life.erasures
        try village.write { db, now in try erasures.readmit(ContactKeys(id: "per0\(person)"), now: now, db) }
      case 7: Time.shared.add(Int64(dice.roll(100)) * 3_600_000)
      case 8: village.life.gremlin.bites = 1 + dice.roll(2)
      case 9: if dice.roll(3) == 0 { try village.restart(held: dice.roll(3) == 0 ? true : nil) }
      case 10: if village.life.hold.fact != nil { try village.release() }
      default: village.life.hands.end(village.life.delivery)
      }
      for _ in 0..<dice.roll(3) { _ = try village.life.writer.round() }
      if dice.roll(20) == 0 { try check(village, erased, "seed \(seed), step \(step)") }
    }
    try check(village, erased, "seed \(seed)")
    if village.life.hold.fact != nil { try village.release() }
    try village.settle()
    Time.shared.add(10 * 86_400_000)
    try village.settle()
    try check(village, erased, "seed \(seed), after all")
  }

  private func check(_ village: Village, _ erased: Set<Int>, _ place: String) throws {
    try village.settle()
    let dump = try village.dump()
    for person in erased where dump.contains("per0\(person)") {
      let rows = dump.split(separator: "\n").filter { $0.contains("per0\(person)") }
      Issue.record("\(place): per0\(person) is in \(rows.prefix(2))")
    }
    let findings = try village.findings()
    #expect(findings == [], "\(place): \(findings.prefix(4))")
  }
}
