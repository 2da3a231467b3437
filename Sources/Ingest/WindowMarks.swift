/// Where in the log each hour of the window began: so the window's own beginning is known to the hour without a query.
struct WindowMarks {
  static let distanceMilliseconds: Int64 = 3_600_000

  private var marks: [(seq: Int64, acceptedAt: Int64)] = []

  /// The latest seq before which everything was accepted more than `length` ago.
  mutating func begin(now: Int64, length: Int64) -> Int64? {
    while marks.count > 1, marks[1].acceptedAt < now - length { marks.removeFirst() }
    return marks.first?.seq
  }

  mutating func add(_ seq: Int64, acceptedAt: Int64) {
    if let last = marks.last, acceptedAt - last.acceptedAt < WindowMarks.distanceMilliseconds { return }
    marks.append((seq, acceptedAt))
  }

  mutating func rollBack(to lastSeq: Int64) {
    while let last = marks.last, last.seq > lastSeq { marks.removeLast() }
  }
}
