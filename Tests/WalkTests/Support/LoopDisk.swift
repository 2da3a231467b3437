import Foundation
import Glibc
import Testing

/// A disk of its own with ext4 on it, for as long as this object lives, which can be made read-only while files of it are
/// open. Needs root.
final class LoopDisk {
  let path: String
  private var image: String { path + ".image" }

  static let isPossible: Bool = {
    let path = NSTemporaryDirectory() + "walk-loop-" + UUID().uuidString
    guard let disk = try? LoopDisk(at: path, megabytes: 8) else { return false }
    defer { rmdir(path) }
    defer { disk.remove() }
    return (try? disk.fail()) != nil
  }()

  static let whyNot: Comment = "a file cannot be mounted as an ext4 disk here (mkfs.ext4, a loop device, root)"

  /// - Parameter path: a folder; made if it does not exist. The disk's own file lies beside it.
  init(at path: String, megabytes: Int) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Command.run(["truncate", "--size", "\(megabytes)M", image])
    try Command.run(["mkfs.ext4", "-q", image])
    try mount()
    rmdir(path + "/lost+found")
  }

  deinit { remove() }

  private func mount() throws { try Command.run(["mount", "-o", "loop,errors=remount-ro", image, path]) }

  func remove() {
    try? Command.run(["umount", "--lazy", path])
    try? FileManager.default.removeItem(atPath: image)
  }

  /// As after an error of the disk: the kernel takes no more writes, whoever has files open.
  func fail() throws {
    let device = try Command.output(["findmnt", "--noheadings", "--output", "SOURCE", path])
    let name = device.split(separator: "/").last?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    try Data("test".utf8).write(to: URL(filePath: "/sys/fs/ext4/\(name)/trigger_fs_error"))
  }

  /// As after a repair: mounted anew. Nobody has files of it open.
  func repair() throws {
    try Command.run(["umount", path])
    try mount()
  }

  /// As somebody makes a folder read-only: neither it nor the database may change, whoever has files open.
  func setImmutable(_ isImmutable: Bool) throws {
    let files = ["/zveno.sqlite", "/zveno.sqlite-wal", ""].map { path + $0 }
    try Command.run(["chattr", isImmutable ? "+i" : "-i"] + files)
  }
}
