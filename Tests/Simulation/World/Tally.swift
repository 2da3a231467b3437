/// What has happened in worlds, counted: so that one sees what was put to the test.
struct Tally: CustomStringConvertible {
  var rounds = 0
  var kills = 0
  var powerFailures = 0
  var diskFaults = 0
  var handOvers = 0
  /// Messages that a frequency cap has kept waiting.
  var putOff = 0
  /// Erasures that were answered.
  var erasures = 0
  var checkpoints = 0
  /// Rows, by kind: what retention has done.
  var deleted: [String: Int] = [:]
  var verdicts = Verdicts()

  mutating func add(_ other: Tally) {
    rounds += other.rounds
    kills += other.kills
    powerFailures += other.powerFailures
    diskFaults += other.diskFaults
    handOvers += other.handOvers
    putOff += other.putOff
    erasures += other.erasures
    checkpoints += other.checkpoints
    deleted.merge(other.deleted, uniquingKeysWith: +)
    verdicts.add(other.verdicts)
  }

  var description: String {
    "\(rounds) rounds, \(handOvers) messages handed over, \(putOff) put off by caps, \(deletions), "
      + "\(erasures) erasures, \(checkpoints) checkpoints, "
      + "\(kills) kills, \(powerFailures) power failures, \(diskFaults) failed disk operations, \(verdicts)"
  }

  private var deletions: String {
    let kinds = deleted.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: ", ")
    return "\(deleted.values.reduce(0, +)) rows deleted" + (kinds.isEmpty ? "" : " (\(kinds))")
  }
}
