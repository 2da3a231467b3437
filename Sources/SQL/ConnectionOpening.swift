internal import CSQLite

/// What is said to SQLite when a file is opened.
extension Connection {
  static func open(_ path: String, _ mode: Mode, _ settings: Settings) throws(SQLError) -> Handle {
    let (name, flags) = place(path, mode)
    let handle = try Handle(path: name, flags: flags, vfs: settings.vfs)
    sqlite3_busy_timeout(handle.database, settings.busyMilliseconds)
    // Must be said before the first table is made, hence before the log's mode touches the file; later it would only
    // cost a commit at every opening.
    if mode == .writer, try isEmpty(handle) { try handle.execute("PRAGMA auto_vacuum = INCREMENTAL") }
    if mode == .reader || mode == .inspector {
      // SQLite before 3.51.3 can damage a file when two connections write or checkpoint at the same moment
      // (https://www.sqlite.org/wal.html#walresetbug): so only the writer ever checkpoints.
      csqlite_db_config_switch(handle.database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    }
    for pragma in pragmas(mode, settings) { try handle.execute(pragma) }
    csqlite_db_config_switch(handle.database, SQLITE_DBCONFIG_DQS_DML, 0)
    csqlite_db_config_switch(handle.database, SQLITE_DBCONFIG_DQS_DDL, 0)
    csqlite_db_config_switch(handle.database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    return handle
  }

  /// What SQLite is to open. A file without a log is inspected as one that cannot change
  /// (https://www.sqlite.org/uri.html#uriimmutable): anything else would make a log.
  private static func place(_ path: String, _ mode: Mode) -> (name: String, flags: Int32) {
    switch mode {
    case .writer: return (path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
    case .reader, .offline: return (path, SQLITE_OPEN_READWRITE)
    case .inspector:
      if StoreFiles.logBytes(of: path) > 0 { return (path, SQLITE_OPEN_READWRITE) }
      let escaped = path.utf8.map { byte in
        switch byte {
        case UInt8(ascii: "%"), UInt8(ascii: "?"), UInt8(ascii: "#"), 0x80...: "%" + String(byte, radix: 16)
        default: String(UnicodeScalar(byte))
        }
      }
      return ("file:\(escaped.joined())?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
    }
  }

  private static func isEmpty(_ handle: Handle) throws(SQLError) -> Bool {
    let pages = try Statement("PRAGMA page_count", handle: handle, persistent: false)
    // What fails here fails again, and is told, with the next statement.
    return (try? pages.first { $0.int(0) }) ?? 0 == 0
  }

  private static func pragmas(_ mode: Mode, _ settings: Settings) -> [String] {
    switch mode {
    case .writer: writerPragmas(settings)
    case .reader: readerPragmas(settings)
    case .offline:
      [
        "PRAGMA journal_mode = DELETE", "PRAGMA synchronous = \(settings.durability.rawValue.uppercased())",
        "PRAGMA mmap_size = 0", "PRAGMA secure_delete = ON",
      ]
    // Locked for itself alone, it keeps the log's index in memory.
    case .inspector: ["PRAGMA locking_mode = EXCLUSIVE"] + readerPragmas(settings)
    }
  }

  private static func writerPragmas(_ settings: Settings) -> [String] {
    [
      "PRAGMA journal_mode = WAL",
      // What is deleted is overwritten; Debian's SQLite does so by itself. See FreeSpace/ for what this leaves.
      "PRAGMA secure_delete = ON",
      "PRAGMA synchronous = \(settings.durability.rawValue.uppercased())",
      "PRAGMA wal_autocheckpoint = 0",
      "PRAGMA journal_size_limit = 67108864",
      "PRAGMA mmap_size = 0",
      "PRAGMA temp_store = MEMORY",
      "PRAGMA cache_size = -\(settings.cacheKiB)",
    ]
  }

  private static func readerPragmas(_ settings: Settings) -> [String] {
    [
      "PRAGMA query_only = ON",
      "PRAGMA wal_autocheckpoint = 0",
      "PRAGMA mmap_size = 0",
      "PRAGMA temp_store = MEMORY",
      "PRAGMA cache_size = -\(settings.cacheKiB)",
    ]
  }
}
