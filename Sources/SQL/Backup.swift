internal import CSQLite
internal import Glibc

/// A copy of the database in the making, a slice of its pages at a time, on the thread of the connection it copies.
///
/// The source is the connection that writes. So SQLite itself carries what is written meanwhile into pages that are
/// copied already (https://www.sqlite.org/backup.html): no reader keeps the log from being copied back, and the copy is
/// the file as of the last commit before its end. Only a transaction rolled back as a whole makes SQLite start over.
/// Outside of transactions only.
final class Backup {
  /// Left free on the disk, for the log of a server that goes on writing.
  static let roomToLeave: Int64 = 128 << 20
  /// A server whose every other round is undone is no longer copied.
  static let timesOver: Int64 = 20
  /// Between two looks at the clock.
  private static let pagesAtOnce: Int32 = 32

  private let source: Connection
  private let copy: Handle
  private let path: String
  private let folder: String
  private var running: OpaquePointer?
  private var isWhole = false
  /// Pages, those that were copied again counted again.
  private var copied: Int64 = 0

  /// - Parameters:
  ///   - path: of a file that does not exist.
  ///   - maxPages: the copy grows no larger, as on a disk that fills up; nil: as large as need be.
  init(of source: Connection, to path: String, maxPages: Int? = nil) throws {
    self.source = source
    self.path = path
    folder = path.lastIndex(of: "/").map { path[...$0] + "." } ?? "."
    guard access(path, F_OK) != 0 else {
      throw SQLError(code: SQLITE_CANTOPEN, message: "\(path) exists already", hint: "remove it")
    }
    let pages = try source.first("PRAGMA page_count") { $0.int(0) } ?? 0
    let size = try source.first("PRAGMA page_size") { $0.int(0) } ?? 0
    try Backup.requireRoom(pages * size, in: folder)
    copy = try Handle(path: path, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs: source.settings.vfs)
    // Worth nothing until it is whole: no journal, no sync, and few of its pages in memory.
    for pragma in ["journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -1024"] {
      try copy.execute("PRAGMA \(pragma)")
    }
    if let maxPages { try copy.execute("PRAGMA max_page_count = \(maxPages)") }
    running = sqlite3_backup_init(copy.database, "main", source.handle.database, "main")
    if running == nil { throw copy.error(sqlite3_extended_errcode(copy.database)) }
  }

  deinit { cancel() }

  /// Copies until the time is over, or all is done.
  /// - Returns: whether the copy is whole; then its file is closed.
  func step(nanoseconds: Int64, monotonic: () -> Int64) throws -> Bool {
    try Backup.requireRoom(0, in: folder)
    let deadline = monotonic() + nanoseconds
    repeat {
      let code = sqlite3_backup_step(running, Backup.pagesAtOnce)
      switch code & 0xFF {
      case SQLITE_DONE:
        try finish()
        return true
      case SQLITE_OK: try count()
      // Somebody else's lock: the next slice tries again.
      case SQLITE_BUSY, SQLITE_LOCKED: return false
      default: throw SQLError(code: code)
      }
    } while monotonic() < deadline
    return false
  }

  private func count() throws {
    copied += Int64(Backup.pagesAtOnce)
    guard copied <= Backup.timesOver * Int64(sqlite3_backup_pagecount(running)) else {
      throw StoreUnavailable(
        reason: "the copy had to start over again and again, since work of the server fails and is undone; see its log")
    }
  }

  /// Pages still to be copied.
  var pagesLeft: Int { Int(sqlite3_backup_remaining(running)) }

  /// The file goes. Must come before the source is closed; after the end of a whole copy it does nothing.
  func cancel() {
    guard !isWhole else { return }
    sqlite3_backup_finish(running)
    running = nil
    copy.close()
    unlink(path)
  }

  private func finish() throws {
    let code = sqlite3_backup_finish(running)
    running = nil
    copy.close()
    guard code == SQLITE_OK else { throw SQLError(code: code) }
    isWhole = true
  }

  /// A backup must not be what fills the disk.
  private static func requireRoom(_ bytes: Int64, in folder: String) throws {
    var disk = statvfs()
    // A system that cannot say lets it try.
    guard statvfs(folder, &disk) == 0 else { return }
    let free = Int64(clamping: disk.f_bavail).multipliedReportingOverflow(by: Int64(clamping: disk.f_frsize))
    try requireRoom(bytes, free: free.overflow ? .max : free.partialValue)
  }

  static func requireRoom(_ bytes: Int64, free: Int64) throws(BackupRefusal) {
    let needed = bytes + roomToLeave
    if free < needed { throw .noRoom(neededBytes: needed, freeBytes: free) }
  }
}

/// Why there is no backup now.
public enum BackupRefusal: Error, Sendable, Equatable {
  case underWay
  /// On the disk of the data folder, where the copy is made.
  case noRoom(neededBytes: Int64, freeBytes: Int64)
}
