import Domain
import Engine
import Foundation
import JSON
import SQL
import Testing

@Suite("A contact as of a place in the log")
struct PastViewTests {
  private static let chain = #"{"enter":{"event":"signup"},"steps":[{"wait":"2h"}]}"#

  private func view<T>(
    _ world: EngineWorld, position: Int64 = .max, at moment: Timestamp, _ body: (PastView) throws -> T
  ) throws -> T {
    let db = try Connection(path: world.folder.appending(path: "zveno.sqlite").path, mode: .reader)
    defer { db.close() }
    let ann = try #require(try People().find("ann", db))
    let rules = Rules(
      channels: ["sms": ChannelPolicy(consent: .optIn), "email": ChannelPolicy(consent: .optOut)], shopZone: .utc)
    return try body(
      PastView(
        ann, run: nil, position: position, moment: moment, timeline: world.engine.timeline, rules: rules, db))
  }

  @Test("sees the events accepted by then in the order in which they happened, in memory, merged or between")
  func events() throws {
    let world = try EngineWorld()
    var chance = SystemRandomNumberGenerator()
    var happened: [LogMoment] = []
    let start = try #require(Timestamp(rfc3339: "2026-03-02T09:00:00Z"))
    for seq in 1...40 {
      let at = start + -Int64.random(in: 0...20, using: &chance) * 60_000
      try world.happen("view", at: at.rfc3339)
      happened.append(LogMoment(at: at, seq: Int64(seq)))
    }
    for position in [Int64(0), 1, 7, 20, 39, 40] {
      let seen = try view(world, position: position, at: start) { view in
        var seen: [LogMoment] = []
        try view.events(of: "view", since: Timestamp(milliseconds: 0), until: start) {
          seen.append($0.moment)
          return true
        }
        return seen
      }
      #expect(seen == happened.filter { $0.seq <= position }.sorted(by: >), "\(happened)")
    }
  }

  @Test("knows the consents, lists, relations, suppressions and runs of then")
  func standing() throws {
    let world = try EngineWorld()
    try world.publish("welcome", Self.chain)
    let before = Timestamp(milliseconds: world.clock.now)
    try world.time("2026-03-02T10:00:00Z")
    try world.happen("signup")
    try world.write { db, now, _ in
      let ann = try #require(try People().find("ann", db))
      let yes = try ContactPatch(
        JSONDocument(parsing: Array(#"{"email":"ann@shop.example","consents":["sms"]}"#.utf8)).root)
      _ = try People().change(id: "ann", yes, now: now, db)
      try Lists().set(ann.row, on: "vip", true, now: now, db)
      try Relations().add("spouse", of: ann.row, to: ann.row + 1, now: now, db)
    }
    let between = Timestamp(milliseconds: world.clock.now)
    try world.time("2026-03-02T13:00:00Z")
    try world.write { db, now, _ in
      let no = try ContactPatch(
        JSONDocument(parsing: Array(#"{"consents":{"sms":false}}"#.utf8)).root)
      _ = try People().change(id: "ann", no, now: now, db)
      try Suppressions().add(
        Suppression(address: "ann@shop.example", channel: nil, reach: .all, reason: "bounced", at: now), db)
    }
    func answers(at moment: Timestamp) throws -> [Bool] {
      try view(world, at: moment) { view in
        [
          try view.consents(to: "sms"), try view.consents(to: "email"), try view.isReachable(over: "email"),
          try view.isMember(of: "vip"), try view.hasRelation("spouse"), try view.isInside("welcome"),
        ]
      }
    }
    #expect(try answers(at: before) == [false, true, true, false, false, false])
    #expect(try answers(at: between) == [true, true, true, true, true, true])
    #expect(try answers(at: Timestamp(milliseconds: world.clock.now)) == [false, true, false, true, true, false])
  }
}
