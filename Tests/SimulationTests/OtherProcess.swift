import Foundation

/// The program `Simulation`, which stands beside the test bundle.
enum OtherProcess {
  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// What it tells of a seed, line by line: the story, then the trace.
  static func lines(of seed: UInt64) throws -> [String] {
    let output = URL(filePath: NSTemporaryDirectory()).appending(path: "simulation-" + UUID().uuidString)
    // A file and no pipe: whatever other tests start meanwhile would inherit its end.
    try Data().write(to: output)
    defer { try? FileManager.default.removeItem(at: output) }
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let process = Process()
    process.executableURL = URL(filePath: own).deletingLastPathComponent().appending(path: "Simulation")
    process.environment = ProcessInfo.processInfo.environment.merging(["ZVENO_SIM_SEED": "\(seed)"]) { $1 }
    process.standardOutput = try FileHandle(forWritingTo: output)
    try process.run()
    process.waitUntilExit()
    let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
    guard process.terminationStatus == 0 else { throw Failed(description: String(text.suffix(1000))) }
    return text.split(separator: "\n").map(String.init)
  }
}
