import Foundation
import Glibc
import Testing

/// A disk of a few megabytes, in memory, for as long as this object lives. Needs root.
final class SmallDisk {
  let path: String
  private var filler: String { path + "/filler" }

  static let isPossible: Bool = {
    guard let disk = try? SmallDisk(at: NSTemporaryDirectory() + "walk-disk-" + UUID().uuidString, kilobytes: 64) else {
      return false
    }
    defer { rmdir(disk.path) }
    disk.remove()
    return true
  }()

  static let whyNot: Comment = "a tmpfs cannot be mounted here: run as root"

  /// - Parameter path: a folder; made if it does not exist.
  init(at path: String, kilobytes: Int) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Command.run(["mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k,mode=0700", "tmpfs", path])
  }

  deinit { remove() }

  func remove() { try? Command.run(["umount", "--lazy", path]) }

  /// Leaves no byte.
  func fill() {
    let file = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    defer { close(file) }
    let block = [UInt8](repeating: 1, count: 65_536)
    var size = block.count
    while size > 0 { if write(file, block, size) <= 0 { size /= 2 } }
  }

  func makeRoom() throws { try FileManager.default.removeItem(atPath: filler) }

  func grow(kilobytes: Int) throws { try remount("size=\(kilobytes)k") }

  /// While nobody has a file of it open; `LoopDisk` can do it under a server.
  func setReadOnly(_ isReadOnly: Bool) throws { try remount(isReadOnly ? "ro" : "rw") }

  private func remount(_ options: String) throws {
    try Command.run(["mount", "-o", "remount,\(options)", path])
  }
}
