/// Counts of durations in fixed buckets, as Prometheus wants them.
public struct Histogram: Sendable, Equatable {
  /// Upper bounds in seconds; what is above the last counts in `count` alone.
  public static let bounds: [Double] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
  ]

  /// How many fell into each bucket, not added up.
  public private(set) var buckets: [Int]
  public private(set) var count = 0
  public private(set) var sumSeconds = 0.0

  /// An empty one.
  public static var seconds: Histogram { Histogram() }

  public init() { buckets = [Int](repeating: 0, count: Histogram.bounds.count) }

  public mutating func record(_ seconds: Double) {
    if let index = Histogram.bounds.firstIndex(where: { seconds <= $0 }) { buckets[index] += 1 }
    count += 1
    sumSeconds += seconds
  }

  /// (upper bound, how many were at most that), without the +Inf bucket, which is `count`.
  public var cumulative: [(bound: Double, count: Int)] {
    var total = 0
    return zip(Histogram.bounds, buckets).map { bound, here in
      total += here
      return (bound, total)
    }
  }
}
