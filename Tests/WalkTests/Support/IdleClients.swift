import Foundation
import Glibc

/// Thousands of connections, in a process of their own: Foundation walks over all descriptors of the one that starts
/// another, and reads past the end of a list as long as that.
final class IdleClients {
  let count: Int
  private let process = Process()
  private let words: PrivatePipe
  private let answers: PrivatePipe

  /// - Parameters:
  ///   - most: fewer where the limit of open files is lower.
  ///   - path: what is asked for over a quarter of them.
  init(port: Int, upTo most: Int, asking path: String) throws {
    (words, answers) = (try PrivatePipe(), try PrivatePipe())
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = [
      TestServer.scripts.appending(path: "idle_clients.py").path, "\(port)", "\(most)", path,
    ]
    (process.standardInput, process.standardOutput) = (words.reading, answers.writing)
    try process.run()
    try words.reading.close()
    try answers.writing.close()
    guard let line = answers.reading.firstLine, let count = Int(line) else {
      throw TestServer.DidNotStart(script: "idle_clients.py")
    }
    self.count = count
  }

  deinit { leave() }

  /// The status line of an answer over the last of them.
  func ask() throws -> String? {
    try words.writing.write(contentsOf: Data("\n".utf8))
    return answers.reading.firstLine
  }

  /// All at once.
  func leave() {
    guard process.isRunning else { return }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
