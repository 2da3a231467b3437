/// What has happened in worlds, counted: so that one sees what was put to the test.
struct Tally: CustomStringConvertible {
  var rounds = 0
  var kills = 0
  var powerFailures = 0
  var diskFaults = 0
  var handOvers = 0
  var checkpoints = 0

  mutating func add(_ other: Tally) {
    rounds += other.rounds
    kills += other.kills
    powerFailures += other.powerFailures
    diskFaults += other.diskFaults
    handOvers += other.handOvers
    checkpoints += other.checkpoints
  }

  var description: String {
    "\(rounds) rounds, \(handOvers) messages handed over, \(checkpoints) checkpoints, \(kills) kills, "
      + "\(powerFailures) power failures, \(diskFaults) failed disk operations"
  }
}
