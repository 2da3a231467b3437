import Testing

@testable import Simulation

@Suite struct PlantedBugTests {
  /// Worlds that a bug may hide from.
  static let patience: UInt64 = 60

  @Test("a planted bug is seen, and by the promise that it breaks", arguments: PlantedBug.all.indices)
  func isCaught(index: Int) throws {
    let (bug, breaks) = PlantedBug.all[index]
    let weather = bug.weather
    for seed in 1...Self.patience {
      let script = Script(seed: seed, weather: weather, bug: bug)
      let world = World(seed: seed, weather: weather, bug: bug, script: script)
      do { try world.run() } catch let violation as Violation {
        #expect(breaks.contains(violation.invariant), "\(bug.name), seed \(seed): \(violation)")
        try control(bug, seed)
        return
      }
    }
    Issue.record("\(bug.name): not seen in \(Self.patience) worlds")
  }

  /// The same world without the bug keeps every promise: it was the bug that was seen, not the weather.
  private func control(_ bug: PlantedBug, _ seed: UInt64) throws {
    var none = PlantedBug.none
    none.kept = bug.kept
    let script = Script(seed: seed, weather: bug.weather, bug: none)
    let world = World(seed: seed, weather: bug.weather, bug: none, script: script)
    #expect(throws: Never.self, "seed \(seed) without \(bug.name)") { try world.run() }
  }
}
