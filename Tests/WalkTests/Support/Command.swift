import Foundation

/// A command of the host, run to its end.
enum Command {
  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// Throws unless it ends with 0.
  static func run(_ words: [String]) throws { _ = try output(words) }

  /// The same, with both streams.
  static func output(_ words: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    let output = try PrivatePipe()
    process.standardOutput = output.writing
    process.standardError = output.writing
    try process.run()
    try output.writing.close()
    let text = String(decoding: try output.reading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failed(description: "\(words.joined(separator: " ")): \(process.terminationStatus) \(text)")
    }
    return text
  }

  static func works(_ words: [String]) -> Bool { (try? run(words)) != nil }
}
