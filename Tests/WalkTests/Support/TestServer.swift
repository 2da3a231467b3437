import Foundation
import Glibc
import JSON

/// A server of `Tests/Support`, a process of its own: a mail server or a provider's HTTP interface, with a folder for
/// what it receives. It ends with this object, and with the test process too, since it watches its standard input.
final class TestServer {
  let port: Int
  private let folder: TemporaryFolder
  private let process = Process()
  /// Its end is the script's end.
  private let leash: PrivatePipe

  struct DidNotStart: Error { let script: String }

  static let scripts = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Support").standardizedFileURL

  static func mail(_ arguments: [String] = []) throws -> TestServer { try TestServer("smtp_server.py", arguments) }

  static func provider(_ arguments: [String] = []) throws -> TestServer {
    try TestServer("provider_server.py", arguments)
  }

  /// - Parameter answers: one after the other, the last one for ever; `Tests/Support/scripted_server.py` says how.
  static func scripted(_ answers: [JSONValue]) throws -> TestServer {
    try TestServer("scripted_server.py", [JSONValue.array(answers).text])
  }

  private init(_ script: String, _ arguments: [String]) throws {
    folder = try TemporaryFolder()
    leash = try PrivatePipe()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = [Self.scripts.appending(path: script).path, folder.path] + arguments
    let output = try PrivatePipe()
    process.standardOutput = output.writing
    process.standardInput = leash.reading
    try process.run()
    try output.writing.close()
    try leash.reading.close()
    guard let line = output.reading.firstLine, let port = Int(line) else {
      throw DidNotStart(script: script)
    }
    self.port = port
  }

  deinit {
    // No SIGTERM: a child of a pool's thread inherits its signal mask, where that is blocked.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// What the provider was sent, in order.
  func requests() throws -> [JSONValue] {
    try files(".json").map { try JSONValue(parsing: [UInt8](Data(contentsOf: $0))) }
  }

  /// The letters that were accepted, in order.
  /// - Parameter part: of an address that they were handed over for; a process reads each of them.
  func letters(to part: String = "") throws -> [Letter] {
    let envelopes = try files(".json").filter { file in
      try part.isEmpty || String(decoding: Data(contentsOf: file), as: UTF8.self).contains(part)
    }
    return try envelopes.map { try Letter(file: $0.deletingPathExtension().appendingPathExtension("eml")) }
  }

  /// Of letters in plain ASCII, without a process for each.
  func subjects() throws -> [String] {
    try files(".json").compactMap { file in
      let raw = try Data(contentsOf: file.deletingPathExtension().appendingPathExtension("eml"))
      return String(decoding: raw, as: UTF8.self).components(separatedBy: "\r\n").first { $0.hasPrefix("Subject: ") }?
        .dropFirst("Subject: ".count).description
    }
  }

  /// With `--journal`, a line for each letter: Message-ID, tab, subject.
  func journal() throws -> [Substring] {
    let text = try? String(contentsOfFile: folder.path + "/journal", encoding: .utf8)
    return text?.split(separator: "\n") ?? []
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
