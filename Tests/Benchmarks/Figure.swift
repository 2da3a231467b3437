import Foundation

/// One line of the table: a rate, measured in several rounds.
struct Figure {
  static let rounds = number(of: "--rounds", else: 5)

  let name: String
  let unit: String

  /// - Parameter round: does some work and says how much, and how long it took in seconds.
  func measure(_ round: () throws -> (count: Int, seconds: Double)) throws {
    var rates: [Double] = []
    for _ in 0..<Self.rounds {
      let (count, seconds) = try round()
      rates.append(Double(count) / max(seconds, 1e-9))
    }
    show(rates)
  }

  /// The median, with the least and the greatest.
  func show(_ rates: [Double]) {
    let rates = rates.sorted()
    let text = [rates[rates.count / 2], rates[0], rates[rates.count - 1]].map { String(Int($0)) }
    print("\(name.padded(58)) \(text[0].padded(9, left: true)) \(unit)  (\(text[1]) … \(text[2]))")
  }
}

extension String {
  func padded(_ width: Int, left: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - count))
    return left ? space + self : self + space
  }
}

/// Seconds on the monotonic clock that `body` takes.
func timed(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  return (ContinuousClock.now - start).milliseconds / 1000
}

extension Duration {
  var milliseconds: Double { Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15 }
}

/// Processor time of this process, user and system, all threads.
func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// What a process, by default this one, has in memory.
func residentMegabytes(of process: pid_t = getpid()) -> Int {
  let pages = (try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8))?.split(separator: " ")
  return (pages.flatMap { Int($0[1]) } ?? 0) * 4 / 1024
}
