import Foundation

/// Numbers by which a test is made longer, out of the environment.
enum Knob {
  static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }
}
