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
        return
      }
    }
    Issue.record("\(bug.name): not seen in \(Self.patience) worlds")
  }
}
