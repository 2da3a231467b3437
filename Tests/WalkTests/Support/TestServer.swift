import Foundation
import JSON

/// A server of `Tests/Support`, a process of its own: a mail server or a provider's HTTP interface, with a folder for
/// what it receives. It ends with this object, and with the test process too, since it watches its standard input.
final class TestServer {
  let port: Int
  private let folder: TemporaryFolder
  private let process = Process()
  private let leash = Pipe()

  struct DidNotStart: Error { let script: String }

  static let scripts = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Support").standardizedFileURL

  static func mail(_ arguments: [String] = []) throws -> TestServer { try TestServer("smtp_server.py", arguments) }

  static func provider(_ arguments: [String] = []) throws -> TestServer {
    try TestServer("provider_server.py", arguments)
  }

  private init(_ script: String, _ arguments: [String]) throws {
    folder = try TemporaryFolder()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = [Self.scripts.appending(path: script).path, folder.path] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = leash
    try process.run()
    guard let line = output.fileHandleForReading.firstLine, let port = Int(line) else {
      throw DidNotStart(script: script)
    }
    self.port = port
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
  }

  /// What the provider was sent, in order.
  func requests() throws -> [JSONValue] {
    try files(".json").map { try JSONValue(parsing: [UInt8](Data(contentsOf: $0))) }
  }

  /// The letters that were accepted, in order.
  func letters() throws -> [Letter] {
    try files(".json").map { try Letter(file: $0.deletingPathExtension().appendingPathExtension("eml")) }
  }

  private func files(_ suffix: String) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: URL(filePath: folder.path), includingPropertiesForKeys: nil)
      .filter { $0.lastPathComponent.hasSuffix(suffix) }.sorted { $0.lastPathComponent < $1.lastPathComponent }
  }
}

extension FileHandle {
  /// Blocks until a line is there; nil at the end.
  var firstLine: String? {
    var line: [UInt8] = []
    while let byte = try? read(upToCount: 1)?.first {
      if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
    }
    return nil
  }
}
