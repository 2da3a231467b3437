import Foundation
import JSON

/// A server of `Tests/Support` as a process of its own, with a folder for what it receives. It ends with this object,
/// and also when the test process dies: it watches its standard input.
final class PythonServer {
  let port: Int
  let folder: URL
  private let process: ChildProcess

  struct DidNotStart: Error { let script: String }

  static let scripts = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Support").standardizedFileURL

  init(_ script: String, _ arguments: [String] = []) throws {
    folder = try temporaryFolder()
    process = try ChildProcess(
      "/usr/bin/python3", [Self.scripts.appending(path: script).path, folder.path] + arguments)
    guard let port = Int(process.readLine()) else { throw DidNotStart(script: script) }
    self.port = port
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// What was received, in order; each is whole once its file is there.
  var received: [JSONValue] {
    get throws {
      try files(ending: ".json").map { try JSONValue(parsing: Array(Data(contentsOf: $0))) }
    }
  }

  func files(ending suffix: String) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.lastPathComponent.hasSuffix(suffix) }.sorted { $0.lastPathComponent < $1.lastPathComponent }
  }
}

func temporaryFolder() throws -> URL {
  let folder = FileManager.default.temporaryDirectory.appending(path: "channels-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  return folder
}
