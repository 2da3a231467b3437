internal import Glibc

/// The right to a folder, which one process at a time has; it ends with this object, and with the process.
final class FolderLock {
  private let file: Int32

  /// Makes the folder if need be. Throws `StoreRefusal`: another process has it, or it cannot be written.
  init(_ path: String) throws {
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw StoreRefusal(errno: "cannot make the data folder \(path)") }
    let file = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw StoreRefusal(errno: "cannot write to the data folder \(path)") }
    self.file = file
    try take(path)
    let line = Array("\(getpid())\n".utf8)
    if ftruncate(file, 0) != 0 || pwrite(file, line, line.count, 0) != line.count {
      throw StoreRefusal(errno: "cannot write to the data folder \(path)")
    }
  }

  /// The same without changing anything: nil where no process has ever had the folder.
  static func looking(at path: String) throws -> FolderLock? {
    let file = open(path + "/lock", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw StoreRefusal(errno: "cannot look into the data folder \(path)")
    }
    return try FolderLock(file, of: path)
  }

  private init(_ file: Int32, of path: String) throws {
    self.file = file
    try take(path)
  }

  private func take(_ path: String) throws {
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      throw StoreRefusal(
        "the data folder \(path) is in use by another zveno\(FolderLock.holder(file)); stop it or choose another folder"
      )
    }
  }

  // Also after a refusal. Said outright: a child that is just being started has a copy of the descriptor until it runs its
  // program, and closing ours alone would leave the lock to it (flock(2)).
  deinit {
    flock(file, LOCK_UN)
    close(file)
  }

  private static func holder(_ lock: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 20)
    let count = pread(lock, &bytes, bytes.count, 0)
    let digits = bytes.prefix(max(0, count)).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return digits.isEmpty ? "" : " (process \(String(decoding: digits, as: UTF8.self)))"
  }
}
