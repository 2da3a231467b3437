internal import Glibc

/// The folder that holds everything a server keeps: the database, its log, a lock and a note about the last stop.
///
/// One process at a time has it. Call `opened()` once the database is open and migrated, `closing()` before it is
/// closed.
public final class DataFolder {
  public let path: String
  public let databasePath: String
  private let lock: Int32

  /// Makes the folder if need be and takes its lock. Throws `StoreRefusal`: another process is there, the folder
  /// cannot be written, the database is another program's, no database, or missing though it was there before.
  public init(_ path: String) throws {
    self.path = path
    databasePath = path + "/zveno.sqlite"
    try DataFolder.make(path)
    lock = try DataFolder.takeLock(path)
    do {
      try check()
    } catch {
      close(lock)
      throw error
    }
  }

  deinit { close(lock) }

  /// From here on a missing database or log is noticed at the next start.
  public func opened() throws { try note("open") }

  /// The database is about to be closed in good order: its log may go.
  public func closing() throws { try note("closed") }

  private var notePath: String { path + "/state" }

  private func check() throws {
    let header = try DatabaseHeader.read(databasePath)
    if header?.isForeign == true {
      throw StoreRefusal("the database \(databasePath) belongs to another program; choose another data folder")
    }
    guard let state = lastState() else { return }
    if header == nil {
      throw StoreRefusal(
        "the database \(databasePath) is missing though it was there before; restore it from a backup")
    }
    if state == "open", access(databasePath + "-wal", F_OK) != 0 {
      throw StoreRefusal(
        "the log \(databasePath)-wal is missing though the last run did not end in good order: its last events may "
          + "be gone; put it back, or, if another program such as sqlite3 has opened the database since, "
          + "remove \(notePath)")
    }
  }

  private func lastState() -> String? {
    let file = open(notePath, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = read(file, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
  }

  /// Written beside and renamed, so that it is never half there.
  private func note(_ state: String) throws {
    let fresh = notePath + ".new"
    let file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw DataFolder.refusal("cannot write \(fresh)") }
    defer { close(file) }
    let bytes = Array(state.utf8)
    guard write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0, rename(fresh, notePath) == 0 else {
      throw DataFolder.refusal("cannot write \(notePath)")
    }
  }

  private static func make(_ path: String) throws {
    guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
    throw refusal("cannot make the data folder \(path)")
  }

  private static func takeLock(_ path: String) throws -> Int32 {
    let name = path + "/lock"
    let file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw refusal("cannot write to the data folder \(path)") }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let holder = holder(file)
      close(file)
      throw StoreRefusal(
        "the data folder \(path) is in use by another zveno\(holder); stop it or choose another folder")
    }
    let line = Array("\(getpid())\n".utf8)
    if ftruncate(file, 0) != 0 || pwrite(file, line, line.count, 0) != line.count {
      close(file)
      throw refusal("cannot write to the data folder \(path)")
    }
    return file
  }

  private static func holder(_ lock: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 20)
    let count = pread(lock, &bytes, bytes.count, 0)
    let digits = bytes.prefix(max(0, count)).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return digits.isEmpty ? "" : " (process \(String(decoding: digits, as: UTF8.self)))"
  }

  private static func refusal(_ what: String) -> StoreRefusal {
    StoreRefusal("\(what): \(String(cString: strerror(errno)))")
  }
}
