import Foundation
import Glibc
import JSON
import Synchronization
import Testing

/// The real `zveno`, started as its users start it: the binary that stands beside the test bundle, or the one that
/// `ZVENO_BINARY` names.
final class Zveno {
  /// 0 until it has said where it listens.
  private(set) var port = 0
  private let process: Process
  private let output: OutputOfProcess

  struct DidNotStart: Error, CustomStringConvertible {
    let description: String
  }

  static let adminKey = "walk-admin-key-0123456789abcdef"
  static let startSeconds = 60.0

  static let binary: URL = {
    if let given = ProcessInfo.processInfo.environment["ZVENO_BINARY"], !given.isEmpty { return URL(filePath: given) }
    let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(filePath: own ?? ".build/debug/x").deletingLastPathComponent().appending(path: "zveno")
  }()

  /// Throws unless the server says within the time limit where it listens.
  convenience init(_ arguments: [String], environment: [String: String] = [:], under: [String] = []) throws {
    try self.init(launching: arguments, environment: environment, under: under)
    try awaitReady()
  }

  /// Started, and perhaps not there yet.
  /// - Parameter under: a program that starts it and gives way to it, with its arguments.
  init(launching arguments: [String], environment: [String: String] = [:], under: [String] = []) throws {
    (process, output) = try Self.launch(["serve", "--listen", "127.0.0.1:0"] + arguments, environment, under)
  }

  func awaitReady() throws {
    let ready = "listening on http://127.0.0.1:"
    let line = output.wait(seconds: Self.startSeconds) { $0.contains(ready) }
    guard let line, let port = Int(line.components(separatedBy: ready)[1].prefix { $0.isNumber }) else {
      kill(process.processIdentifier, SIGKILL)
      throw DidNotStart(description: output.text)
    }
    self.port = port
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  var id: Int32 { process.processIdentifier }

  /// Everything it wrote so far, both streams.
  var written: String { output.text }

  /// As a crash: no byte more is written, nothing is finished.
  func killHard() {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// As a supervisor stops it. Returns the exit status; nil if it does not end within the time limit.
  func stop(_ signal: Int32 = SIGTERM, seconds: Double = 60) -> Int32? {
    kill(process.processIdentifier, signal)
    return process.end(within: seconds)
  }

  /// As when the reader of a log goes away: every further line is an error to write.
  func closeOutput() { output.close() }

  func signal(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Does something while all its threads stand still, so that none of them is in the middle of a call of the kernel's.
  func whileStopped(_ body: () throws -> Void) throws {
    signal(SIGSTOP)
    defer { signal(SIGCONT) }
    let tasks = "/proc/\(id)/task"
    try eventually("all threads have stopped") {
      try FileManager.default.contentsOfDirectory(atPath: tasks).allSatisfy { task in
        let line = try String(contentsOfFile: "\(tasks)/\(task)/stat", encoding: .utf8)
        return line.split(separator: ")").last?.hasPrefix(" T") ?? false
      }
    }
    try body()
  }

  func end(seconds: Double) -> Int32? { process.end(within: seconds) }

  /// Runs a command to its end.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], under: [String] = [], seconds: Double = 60
  ) throws -> (status: Int32?, output: String) {
    let (process, output) = try launch(arguments, environment, under)
    let status = process.end(within: seconds)
    if status == nil { kill(process.processIdentifier, SIGKILL) }
    _ = output.wait(seconds: 5) { _ in false }
    return (status, output.text)
  }

  private static func launch(
    _ arguments: [String], _ environment: [String: String], _ under: [String]
  ) throws -> (Process, OutputOfProcess) {
    let process = Process()
    process.executableURL = under.isEmpty ? binary : URL(filePath: "/usr/bin/env")
    process.arguments = (under.isEmpty ? [] : under + [binary.path]) + arguments
    let own = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("ZVENO_") }
    process.environment = own.merging(["ZVENO_ADMIN_KEY": adminKey]) { $1 }.merging(environment) { $1 }
    let pipe = try PrivatePipe()
    process.standardOutput = pipe.writing
    process.standardError = pipe.writing
    let output = OutputOfProcess(pipe.reading)
    try process.run()
    try pipe.writing.close()
    output.follow()
    return (process, output)
  }
}

extension Process {
  fileprivate func end(within seconds: Double) -> Int32? {
    let ended = DispatchSemaphore(value: 0)
    let waiter = Thread { [self] in
      waitUntilExit()
      ended.signal()
    }
    waiter.start()
    return ended.wait(timeout: .now() + seconds) == .success ? terminationStatus : nil
  }
}
