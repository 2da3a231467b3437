import Testing

@Suite struct SimulationTests {
  @Test("whatever the weather, every promise holds after every step", arguments: Seeds.some(40))
  func weathers(seed: UInt64) throws {
    let weather = Weather(seed: seed)
    let world = try World(seed: seed, weather: weather, script: Script(seed: seed, weather: weather))
    defer { if Seeds.isReplay { world.story.forEach { print($0) } } }
    do { try world.run() } catch {
      Issue.record("\(error) (round \(world.rounds), life \(world.lives)); \(Seeds.replay(seed, "SimulationTests/weathers"))")
    }
  }
}
