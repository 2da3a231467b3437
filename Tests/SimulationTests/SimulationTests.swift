import Testing

@Suite struct SimulationTests {
  @Test("whatever the weather, every promise holds after every step", arguments: Seeds.some(40))
  func weathers(seed: UInt64) throws {
    let weather = Weather(seed: seed)
    let world = try World(seed: seed, weather: weather, script: Script(seed: seed, weather: weather))
    defer { if Seeds.isReplay { world.story.forEach { print($0) } } }
    do { try world.run() } catch {
      let place = "round \(world.rounds), life \(world.lives)"
      Issue.record("\(error) (\(place)); \(Seeds.replay(seed, "SimulationTests/weathers"))")
    }
  }

  @Test("the same seed is the same world to the last byte", arguments: Seeds.some(3))
  func repeats(seed: UInt64) throws {
    func live() throws -> World {
      let weather = Weather(seed: seed)
      let world = try World(seed: seed, weather: weather, script: Script(seed: seed, weather: weather))
      try world.run()
      return world
    }
    let (first, second) = (try live(), try live())
    if let difference = zip(try first.dump(), try second.dump()).first(where: { $0 != $1 }) {
      Issue.record("first  \(difference.0)\nsecond \(difference.1)")
    }
    #expect(first.trace == second.trace, "\(Seeds.replay(seed, "SimulationTests/repeats"))")
    #expect(first.rounds == second.rounds)
    guard Seeds.isReplay else { return }
    print("trace \(first.trace), \(first.rounds) rounds")
    if let difference = zip(first.story, second.story).first(where: { $0 != $1 }) {
      print("first  \(difference.0)\nsecond \(difference.1)")
    }
  }

  @Test("kills between two commits, with no message at hand, change no decision", arguments: Seeds.some(8))
  func restarts(seed: UInt64) throws {
    var weather = Weather.calm
    (weather.providerFaults, weather.throttles) = (100, false)
    var deadly = weather
    (deadly.crashes, deadly.crashesOnlyAtRest) = (150, true)
    try compare(seed, weather, deadly, "SimulationTests/restarts")
  }

  @Test("rounds that are lost and duties that fail leave no trace in memory or file", arguments: Seeds.some(8))
  func lostRounds(seed: UInt64) throws {
    var weather = Weather.calm
    weather.providerFaults = 100
    var full = weather
    (full.lostRounds, full.failedDuties) = (120, 60)
    try compare(seed, weather, full, "SimulationTests/lostRounds")
  }

  /// Both weathers must come to the same rows.
  private func compare(_ seed: UInt64, _ calm: Weather, _ rough: Weather, _ test: String) throws {
    let worlds = try [calm, rough].map { weather in
      let world = try World(seed: seed, weather: weather, script: Script(seed: seed, weather: calm))
      try world.run()
      return world
    }
    let (expected, got) = (try worlds[0].dump(), try worlds[1].dump())
    if let difference = zip(expected, got).first(where: { $0 != $1 }) {
      Issue.record("expected \(difference.0)\ngot      \(difference.1)\n\(Seeds.replay(seed, test))")
    }
    #expect(expected.count == got.count, "\(Seeds.replay(seed, test))")
  }
}

@Suite struct PlantedBugTests {
  /// Worlds that a bug may hide from.
  static let patience: UInt64 = 60

  @Test("a planted bug is seen, and by the promise that it breaks", arguments: PlantedBug.all.indices)
  func isCaught(index: Int) throws {
    let (bug, breaks) = PlantedBug.all[index]
    for seed in 1...Self.patience {
      let script = Script(seed: seed, weather: PlantedBug.weather, bug: bug)
      let world = try World(seed: seed, weather: PlantedBug.weather, bug: bug, script: script)
      do { try world.run() } catch let violation as Violation {
        #expect(breaks.contains(violation.invariant), "\(bug.name), seed \(seed): \(violation)")
        return
      }
    }
    Issue.record("\(bug.name): not seen in \(Self.patience) worlds")
  }
}
