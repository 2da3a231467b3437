import Foundation
import Glibc

/// Another program that holds a transaction on the database open, for as long as this object lives.
final class ForeignLock {
  private let process = Process()
  private let leash: PrivatePipe

  struct NotHeld: Error {}

  /// - Parameter sql: how it begins.
  init(_ database: String, _ sql: String = "BEGIN EXCLUSIVE") throws {
    leash = try PrivatePipe()
    let output = try PrivatePipe()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = [TestServer.scripts.appending(path: "hold_lock.py").path, database, sql]
    process.standardInput = leash.reading
    process.standardOutput = output.writing
    try process.run()
    try output.writing.close()
    try leash.reading.close()
    guard output.reading.firstLine == "held" else { throw NotHeld() }
  }

  func release() throws {
    try leash.writing.close()
    process.waitUntilExit()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
}
