internal import CSQLite

/// Overwrites what the file keeps of rows that are gone: pages in no use, and in pages in use what lies between their
/// rows. `secure_delete` does so where a row is deleted; but rows that were moved to another page, when one was split,
/// leave copies behind which it does not know.
///
/// It writes into the file beside SQLite, only bytes that mean nothing: torn by a crash, a page is as good as before. So
/// each slice begins with the log copied back and empty, and ends with the connection's cache dropped, which may hold
/// the old bytes.
final class Scrub {
  /// A slice's reading; callers wait with the writer.
  static let nanosecondsPerSlice: Int64 = 10_000_000
  /// Below 128 KiB; see `Connection.rewriteLog`.
  private static let bytesAtOnce = 1 << 16

  private var next: Int64 = 1
  /// Of bytes or pages that were overwritten.
  private(set) var cleaned = 0

  /// - Returns: whether all is done. False with nothing done: somebody still reads the log.
  func step(_ db: Connection, quiet: (() -> Void) -> Void, monotonic: () -> Int64) throws -> Bool {
    guard let file = try db.mainFile() else { return true }
    guard try db.emptyLog(quiet) else { return false }
    defer { db.dropCache() }
    var pages = try Pages(file)
    guard pages.hasMap else {
      throw SQLError.misuse("expected a file with auto_vacuum, got one without: its free space cannot be told")
    }
    let deadline = monotonic() + Self.nanosecondsPerSlice
    let atOnce = Int64(max(1, Self.bytesAtOnce / pages.size))
    repeat {
      let end = min(next + atOnce, pages.count + 1)
      if next < end { cleaned += try pages.clear(next..<end) }
      next = end
    } while next <= pages.count && monotonic() < deadline
    guard next > pages.count else { return false }
    try file.sync()
    return true
  }
}

/// SQLite's own descriptor of a database's file: another one, closed, would end SQLite's locks.
struct MainFile {
  let file: UnsafeMutablePointer<sqlite3_file>
  let methods: sqlite3_io_methods

  func read(_ buffer: UnsafeMutableRawBufferPointer, at place: Int64) throws(SQLError) {
    try check(methods.xRead(file, buffer.baseAddress, Int32(buffer.count), place))
  }

  func write(_ buffer: UnsafeMutableRawBufferPointer, at place: Int64) throws(SQLError) {
    try check(methods.xWrite(file, buffer.baseAddress, Int32(buffer.count), place))
  }

  func size() throws(SQLError) -> Int64 {
    var size: sqlite3_int64 = 0
    try check(methods.xFileSize(file, &size))
    return size
  }

  func sync() throws(SQLError) { try check(methods.xSync(file, SQLITE_SYNC_NORMAL)) }

  private func check(_ code: Int32) throws(SQLError) {
    guard code == SQLITE_OK else { throw SQLError(code: code) }
  }
}

extension Connection {
  /// Nil for a database in memory.
  fileprivate func mainFile() throws(SQLError) -> MainFile? {
    var file: UnsafeMutablePointer<sqlite3_file>?
    let code = sqlite3_file_control(handle.database, "main", SQLITE_FCNTL_FILE_POINTER, &file)
    guard code == SQLITE_OK else { throw handle.error(code) }
    guard let file, let methods = file.pointee.pMethods?.pointee else { return nil }
    return MainFile(file: file, methods: methods)
  }

  /// Copies the log back and cuts it to nothing. False: somebody still reads it.
  fileprivate func emptyLog(_ quiet: (() -> Void) -> Void) throws(SQLError) -> Bool {
    guard mode == .writer else { return true }
    var code = SQLITE_OK
    waitForLocks(milliseconds: 100)
    defer { waitForLocks(milliseconds: settings.busyMilliseconds) }
    quiet { code = sqlite3_wal_checkpoint_v2(handle.database, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil) }
    if code & 0xFF == SQLITE_BUSY || code & 0xFF == SQLITE_LOCKED { return false }
    guard code == SQLITE_OK else { throw handle.error(code) }
    logPages = 0
    return true
  }

  fileprivate func dropCache() { sqlite3_db_release_memory(handle.database) }
}
