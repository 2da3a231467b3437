import Foundation
import Glibc
import Testing

/// A limit of memory that the kernel holds a server to; beyond it the kernel ends it. Needs root.
final class ControlGroup {
  private let path: String

  static let isPossible = (try? ControlGroup(megabytes: 64)) != nil
  static let whyNot: Comment = "no control group for memory can be made here: run as root"

  init(megabytes: Int) throws {
    let isNew = FileManager.default.fileExists(atPath: "/sys/fs/cgroup/cgroup.controllers")
    path = "/sys/fs/cgroup" + (isNew ? "" : "/memory") + "/walk-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    let limit = path + (isNew ? "/memory.max" : "/memory.limit_in_bytes")
    do { try Data("\(megabytes << 20)".utf8).write(to: URL(filePath: limit)) } catch {
      rmdir(path)
      throw error
    }
  }

  deinit { rmdir(path) }

  /// In front of a command: it begins inside.
  var entering: [String] { ["sh", "-c", "echo $$ > \(path)/cgroup.procs && exec \"$@\"", "sh"] }
}
