import Domain

/// Boundaries while they are taken: a walk through the rows, 24 bytes of memory for each.
struct RfmSampling {
  /// When it began: recency is as of then.
  let at: Timestamp
  /// contacts.id
  private(set) var walked: Int64 = 0
  private var recency = OrderedSample()
  private var frequency = OrderedSample()
  private var monetary = OrderedSample()

  init(at moment: Timestamp) { at = moment }

  mutating func add(_ row: RfmRow) {
    walked = row.contact
    recency.add(RfmBoundaries.age(row.figures.lastAt, at: at))
    frequency.add(row.figures.count)
    monetary.add(row.figures.sum.tenThousandths)
  }

  /// Nil where nobody has bought. Cost: some ten milliseconds for a million rows.
  mutating func boundaries(version: Int64) -> RfmBoundaries? {
    guard let recency = recency.quintiles(), let frequency = frequency.quintiles(), let monetary = monetary.quintiles()
    else { return nil }
    return RfmBoundaries(
      version: version, computedAt: at, contacts: Int64(self.recency.count), recency: recency, frequency: frequency,
      monetary: monetary)
  }
}
