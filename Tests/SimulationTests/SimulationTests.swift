import Domain
import Testing

@testable import Simulation

@Suite struct SimulationTests {
  @Test("whatever the weather, every promise holds after every step", arguments: Seeds.some(200))
  func weathers(seed: UInt64) {
    let world = World(seed: seed)
    if let failure = world.failure() { Issue.record("\(failure); \(Seeds.replay(seed))") }
  }

  /// Where collections of hashed things have other orders.
  @Test("the same seed is the same world in another process, to the last byte on its disk", arguments: Seeds.some(3))
  func repeats(seed: UInt64) throws {
    let world = World(seed: seed, tells: true)
    try world.run()
    let other = try OtherProcess.lines(of: seed)
    if let difference = zip(world.story, other).first(where: { $0 != $1 }) {
      Issue.record("here      \(difference.0)\nelsewhere \(difference.1)")
    }
    #expect(other.contains("seed \(seed), trace \(world.trace)"), "here \(world.trace), elsewhere \(other.suffix(2))")
  }

  @Test("kills between two commits, with no message at hand, change no decision", arguments: Seeds.some(8))
  func restarts(seed: UInt64) throws {
    var weather = Weather.calm
    (weather.providerFaults, weather.throttles) = (100, false)
    var deadly = weather
    (deadly.crashes, deadly.powerFails, deadly.crashesOnlyAtRest) = (150, 500, true)
    try compare(seed, weather, deadly)
  }

  @Test("rounds that are lost and duties that fail leave no trace in memory or file", arguments: Seeds.some(8))
  func lostRounds(seed: UInt64) throws {
    var weather = Weather.calm
    weather.providerFaults = 100
    var full = weather
    (full.lostRounds, full.failedDuties) = (120, 60)
    try compare(seed, weather, full)
  }

  @Test("no decision is another because old events are deleted, for chains that were published without a doubt")
  func deleting() throws {
    var deleted = 0
    for seed in Seeds.some(8) {
      var calm = Weather.calm
      (calm.providerFaults, calm.isSure, calm.deletes) = (100, true, false)
      // Not what best hours and engagement are read from.
      calm.retention.types = ["view": Span(days: 2), "cart": Span(days: 3), "purchase": Span(days: 2)]
      var deleting = calm
      deleting.deletes = true
      let size = Script.Size(contacts: 8, days: 25, eventsPerContact: 25)
      deleted += try compare(seed, calm, deleting, size, besides: "events ")[1].tally.deleted["events"] ?? 0
    }
    #expect(deleted > 500)
  }

  @Test("in worlds that keep things for a while only, every kind of row is deleted")
  func everyKind() throws {
    var deleted: [String: Int] = [:]
    let seeds = (1...100).lazy.map { UInt64($0) }.filter { !Weather(seed: $0).retention.keepsEverything }
    for seed in seeds.prefix(10) where deleted.count < 5 {
      let world = World(seed: seed)
      try world.run()
      deleted.merge(world.tally.deleted, uniquingKeysWith: +)
    }
    #expect(Set(deleted.keys) == ["events", "timeline", "messages", "runs", "bodies"])
    #expect(deleted.values.allSatisfy { $0 > 20 }, "\(deleted)")
  }

  /// Both weathers must come to the same rows.
  @discardableResult
  private func compare(
    _ seed: UInt64, _ calm: Weather, _ rough: Weather,
    _ size: Script.Size = Script.Size(contacts: 8, days: 9, eventsPerContact: 15), besides table: String? = nil
  ) throws -> [World] {
    let worlds = try [calm, rough].map { weather in
      let world = World(seed: seed, weather: weather, script: Script(seed: seed, weather: calm, size: size))
      try world.run()
      return world
    }
    let dumps = try worlds.map { world in
      try world.dump().filter { line in table.map { !line.hasPrefix($0) } ?? true }
    }
    let (expected, got) = (dumps[0], dumps[1])
    if let difference = zip(expected, got).first(where: { $0 != $1 }) {
      Issue.record("seed \(seed)\nexpected \(difference.0)\ngot      \(difference.1)")
    }
    #expect(expected.count == got.count, "seed \(seed)")
    return worlds
  }
}
