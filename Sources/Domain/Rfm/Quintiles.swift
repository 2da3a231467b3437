public import JSON

/// The four boundaries that part a sample into fifths: at 20, 40, 60 and 80 per cent, inclusive and interpolated between
/// the two nearest values, as a spreadsheet's `PERCENTILE.INC` does it.
///
/// Kept in fifths of the measure's unit, where every interpolation is a whole number: what lies on a boundary lies on it
/// exactly.
public struct Quintiles: Sendable, Hashable {
  /// Ascending, four of them.
  public let fifths: [Int64]

  /// As they were stored. Nil unless they are four and ascend.
  public init?(fifths: [Int64]) {
    guard fifths.count == 4, zip(fifths, fifths.dropFirst()).allSatisfy({ $0 <= $1 }) else { return nil }
    self.fifths = fifths
  }

  /// Nil for an empty sample.
  /// - Parameters:
  ///   - count: of the sample.
  ///   - value: the one that is so far from the least, from 0; at most 10^17 from zero. Asked eight times.
  public init?(count: Int, value: (Int) throws -> Int64) rethrows {
    guard count > 0 else { return nil }
    fifths = try (1...4).map { part in
      let (rank, rest) = (part * (count - 1)).quotientAndRemainder(dividingBy: 5)
      let low = try value(rank)
      let high = rest == 0 ? low : try value(rank + 1)
      return 5 * low + Int64(rest) * (high - low)
    }
  }

  /// 1 through 5: one more than the boundaries it is beyond. What is equal has the same score, and what lies on a
  /// boundary the lower one.
  public func score(of value: Int64) -> Int { 1 + fifths.count { $0 < 5 * value } }

  /// The least value above `value` that has another score; nil: none has.
  func next(after value: Int64) -> Int64? {
    fifths.first { $0 >= 5 * value }.map { $0.floorDivided(by: 5).quotient + 1 }
  }

  /// The boundaries as they are, exactly, of a measure in 10^-`places` of what people count in.
  public func numbers(places: Int) -> [JSONValue] {
    fifths.map { .number(.decimal($0 * 2, places: places + 1)) }
  }
}
