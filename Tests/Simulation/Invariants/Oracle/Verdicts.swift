/// What the oracle has found right: so that one sees how much it was asked.
struct Verdicts: CustomStringConvertible {
  var entered = 0
  var heldOut = 0
  var bought = 0
  var left = 0
  /// Of those that went a way, the runs where what was in the log allowed either.
  var excused = 0
  /// Runs of people who were erased before they had gone a way.
  var erased = 0
  /// How messages ended, by status and reason.
  var ends: [String: Int] = [:]

  mutating func add(_ other: Verdicts) {
    entered += other.entered
    heldOut += other.heldOut
    bought += other.bought
    left += other.left
    excused += other.excused
    erased += other.erased
    ends.merge(other.ends, uniquingKeysWith: +)
  }

  var description: String {
    let ends = ends.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: ", ")
    return
      "\(entered) runs foretold (\(heldOut) held out, \(bought) bought, \(left) left, \(excused) either way, \(erased) erased): \(ends)"
  }
}
