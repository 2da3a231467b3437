internal import Glibc

/// A database that lives only as long as somebody works with it.
public enum ScratchFile {
  /// With what SQLite puts beside it; nothing happens where there is none.
  public static func remove(_ path: String) {
    for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
  }

  /// Bytes that the disk under `folder` has left for us; 0 when it cannot be asked.
  public static func free(under folder: String) -> Int64 {
    var disk = statvfs()
    guard statvfs(folder, &disk) == 0 else { return 0 }
    return Int64(clamping: UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize)).partialValue)
  }
}
