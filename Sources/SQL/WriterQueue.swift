/// One piece of work for the writer and where its outcome goes.
struct WriterJob {
  let body: (Connection, Int64) throws -> Void
  let then: @Sendable (Result<Void, any Error>) -> Void
}

/// What waits for the next round.
struct WriterQueue {
  /// How many ordinary jobs a round takes; the rest waits for the next, so that a commit is never far away.
  static let jobsPerRound = 512

  var first: [WriterJob] = []
  var others: [WriterJob] = []
  /// A duty was said to have work.
  var woken = false
  /// It will be said at that time, nanoseconds of the monotonic clock.
  var wakeBy: Int64?
  var isStopping = false

  var count: Int { first.count + others.count }

  /// The writer is to look again at once.
  var isDue: Bool { woken || isStopping || count > 0 }

  /// The intake lane whole, then the oldest of the others.
  mutating func takeRound() -> (first: [WriterJob], others: [WriterJob]) {
    (woken, wakeBy) = (false, nil)
    let taken = (first, Array(others.prefix(WriterQueue.jobsPerRound)))
    first = []
    others.removeFirst(taken.1.count)
    return taken
  }

  mutating func takeAll() -> [WriterJob] {
    defer { (first, others) = ([], []) }
    return first + others
  }
}
