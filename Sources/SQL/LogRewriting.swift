internal import CSQLite

extension Connection {
  /// Writes the write-ahead log's bytes over themselves and syncs them: for a start, before the first write.
  ///
  /// When a sync fails, a kernel may keep pages in memory that never reach the disk, and say so only once. A process
  /// that is killed then and started again reads them as committed; what it commits after them is gone with the next
  /// loss of power, for a log ends at its first hole. A file without a log is left as it is. Cost: reading, writing and
  /// syncing the log, at most some 100 MB.
  public func rewriteLog() throws(SQLError) {
    guard mode == .writer else { return }
    // Nobody else writes meanwhile.
    try begin()
    defer { rollback() }
    var file: UnsafeMutablePointer<sqlite3_file>?
    let code = sqlite3_file_control(handle.database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file)
    guard code == SQLITE_OK else { throw handle.error(code) }
    // In memory there is none.
    guard let file, let methods = file.pointee.pMethods?.pointee else { return }
    var size: sqlite3_int64 = 0
    try check(methods.xFileSize(file, &size))
    guard size > 0 else { return }
    // SQLite's unix files keep the lower 17 bits of a write's length: 128 KiB would be none at all, which reads as full.
    let piece: sqlite3_int64 = 1 << 16
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: Int(piece), alignment: 16)
    defer { buffer.deallocate() }
    for start in stride(from: 0, to: size, by: Int(piece)) {
      let count = Int32(min(piece, size - start))
      try check(methods.xRead(file, buffer, count, start))
      try check(methods.xWrite(file, buffer, count, start))
    }
    try check(methods.xSync(file, SQLITE_SYNC_NORMAL))
  }

  private func check(_ code: Int32) throws(SQLError) {
    guard code == SQLITE_OK else { throw SQLError(code: code) }
  }
}
