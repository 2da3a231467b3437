internal import CSQLite

/// What is said to SQLite when a file is opened.
extension Connection {
  static func open(_ path: String, _ mode: Mode, _ settings: Settings) throws(SQLError) -> Handle {
    let flags = mode == .writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE
    let handle = try Handle(path: path, flags: flags, vfs: settings.vfs)
    sqlite3_busy_timeout(handle.database, settings.busyMilliseconds)
    // Must be said before the first table is made, hence before the log's mode touches the file; later it would only
    // cost a commit at every opening.
    if mode == .writer, try isEmpty(handle) { try execute("PRAGMA auto_vacuum = INCREMENTAL", handle) }
    for pragma in pragmas(mode, settings) { try execute(pragma, handle) }
    if mode == .reader {
      // SQLite before 3.51.3 can damage a file when two connections write or checkpoint at the same moment
      // (https://www.sqlite.org/wal.html#walresetbug): so only the writer ever checkpoints.
      csqlite_db_config_switch(handle.database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    }
    csqlite_db_config_switch(handle.database, SQLITE_DBCONFIG_DQS_DML, 0)
    csqlite_db_config_switch(handle.database, SQLITE_DBCONFIG_DQS_DDL, 0)
    csqlite_db_config_switch(handle.database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    return handle
  }

  private static func execute(_ pragma: String, _ handle: Handle) throws(SQLError) {
    let code = sqlite3_exec(handle.database, pragma, nil, nil, nil)
    guard code == SQLITE_OK else { throw handle.error(code) }
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
        "PRAGMA mmap_size = 0",
      ]
    }
  }

  private static func writerPragmas(_ settings: Settings) -> [String] {
    [
      "PRAGMA journal_mode = WAL",
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
