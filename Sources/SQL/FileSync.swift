internal import Glibc

/// Brings to the disk what the system may still have in memory. Throws `StoreRefusal`.
public enum FileSync {
  static func file(_ path: String) throws { try sync(path, O_RDWR) }

  /// A folder's names: a file that was made in it, or renamed, is there after a loss of power.
  public static func folder(_ path: String) throws { try sync(path, O_RDONLY | O_DIRECTORY) }

  private static func sync(_ path: String, _ flags: Int32) throws {
    let file = open(path, flags | O_CLOEXEC)
    guard file >= 0 else { throw StoreRefusal(errno: "cannot open \(path)") }
    defer { close(file) }
    // Some file systems over a network keep no names to be synced.
    guard fsync(file) == 0 || errno == EINVAL else { throw StoreRefusal(errno: "cannot bring \(path) to the disk") }
  }
}
