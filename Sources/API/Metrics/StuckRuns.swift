/// How far a walk through the runs has come, and how many it found stuck.
struct StuckRuns {
  /// The next slice begins after it.
  private(set) var position: Int64 = 0
  private var found = 0
  private var lastWalk = 0

  /// What the walk before found, until this one has found more.
  var known: Int { max(lastWalk, found) }

  /// - Parameter slice: nil where no run was left.
  func going(on slice: (count: Int, last: Int64)?) -> StuckRuns {
    var next = self
    if let slice {
      (next.position, next.found) = (slice.last, found + slice.count)
    } else {
      (next.position, next.found, next.lastWalk) = (0, 0, found)
    }
    return next
  }
}
