import Foundation

/// Which worlds are lived through, and how large they are.
///
/// `ZVENO_SIM_SEED=17` replays one and tells its story; `ZVENO_SIM_SEEDS=1000` takes that many from `ZVENO_SIM_FIRST` (1)
/// on; `ZVENO_SIM_CONTACTS=10000` makes them larger.
enum Seeds {
  static func some(_ count: UInt64) -> [UInt64] { Array(range(count)) }

  static func range(_ count: UInt64) -> Range<UInt64> {
    if let seed = replayed { return seed..<seed + 1 }
    let first = number("ZVENO_SIM_FIRST") ?? 1
    return first..<first + (number("ZVENO_SIM_SEEDS") ?? count)
  }

  /// One seed is looked at: the world tells what happened in it.
  static var isReplay: Bool { replayed != nil }

  static var size: Script.Size { Script.Size(contacts: number("ZVENO_SIM_CONTACTS").map { Int($0) } ?? 50) }

  static func replay(_ seed: UInt64) -> String {
    "again: make simulate SEED=\(seed)" + (number("ZVENO_SIM_CONTACTS").map { " CONTACTS=\($0)" } ?? "")
  }

  private static var replayed: UInt64? { number("ZVENO_SIM_SEED") }

  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }
}
