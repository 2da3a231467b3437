import Foundation
import Testing

/// A wall clock for one server, which can be set.
final class WallClock {
  private let folder: TemporaryFolder
  private var file: String { folder.path + "/offset" }
  private var library: String { folder.path + "/set_clock.so" }

  static let isPossible = Command.works(["clang", "--version"])
  static let whyNot: Comment = "clang, which comes with Swift, is not on the PATH"

  init() throws {
    folder = try TemporaryFolder()
    try set(seconds: 0)
    let source = TestServer.scripts.appending(path: "set_clock.c").path
    try Command.run(["clang", "-shared", "-fPIC", "-O1", "-o", library, source])
  }

  /// For the server's start.
  var environment: [String: String] { ["LD_PRELOAD": library, "CLOCK_OFFSET_FILE": file] }

  /// - Parameter seconds: ahead of the true time.
  func set(seconds: Int64) throws {
    let bytes = withUnsafeBytes(of: seconds) { Data($0) }
    guard let open = FileHandle(forUpdatingAtPath: file) else { return try bytes.write(to: URL(filePath: file)) }
    try open.write(contentsOf: bytes)
    try open.close()
  }
}
