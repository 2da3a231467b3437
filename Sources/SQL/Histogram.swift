/// Counts of durations in fixed buckets, as Prometheus wants them.
public struct Histogram: Sendable, Equatable {
  /// Upper bounds in seconds for what somebody waits for: from a tenth of a millisecond to ten seconds.
  public static let latencies: [Double] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]
  /// The same for how late work is, which after a downtime may be days.
  public static let lags: [Double] = [
    0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800, 7200, 43_200, 172_800,
  ]

  /// Upper bounds in seconds, rising; what is above the last counts in `count` alone.
  public let bounds: [Double]
  /// How many fell into each bucket, not added up.
  public private(set) var buckets: [Int]
  public private(set) var count = 0
  public private(set) var sumSeconds = 0.0

  /// An empty one.
  public init(_ bounds: [Double] = Histogram.latencies) {
    self.bounds = bounds
    buckets = [Int](repeating: 0, count: bounds.count)
  }

  public mutating func record(_ seconds: Double) {
    if let index = bounds.firstIndex(where: { seconds <= $0 }) { buckets[index] += 1 }
    count += 1
    sumSeconds += seconds
  }

  /// (upper bound, how many were at most that), without the +Inf bucket, which is `count`.
  public var cumulative: [(bound: Double, count: Int)] {
    var total = 0
    return zip(bounds, buckets).map { bound, here in
      total += here
      return (bound, total)
    }
  }
}
