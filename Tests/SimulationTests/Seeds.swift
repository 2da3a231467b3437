import Foundation

/// Which worlds a test lives through.
///
/// `ZVENO_SIM_SEED=17` replays one, `ZVENO_SIM_SEEDS=1000` takes that many from `ZVENO_SIM_FIRST` (1) on.
enum Seeds {
  static func some(_ count: UInt64) -> [UInt64] {
    if let seed = number("ZVENO_SIM_SEED") { return [seed] }
    let first = number("ZVENO_SIM_FIRST") ?? 1
    return Array(first..<first + (number("ZVENO_SIM_SEEDS") ?? count))
  }

  /// One seed is looked at: the world tells what happened in it.
  static var isReplay: Bool { number("ZVENO_SIM_SEED") != nil }

  static func replay(_ seed: UInt64, _ test: String) -> String {
    "seed \(seed); again: ZVENO_SIM_SEED=\(seed) swift test --filter SimulationTests.\(test)"
  }

  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }
}
