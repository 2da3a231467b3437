internal import CSQLite

/// An open database of SQLite, shared by a connection and its statements: a statement that outlives it is harmless.
final class Handle {
  // Confined to one thread, and asked with every value that is bound: the check of exclusive access is left out.
  @exclusivity(unchecked) private(set) var database: OpaquePointer?
  /// Set between `begin` and the transaction's end.
  @exclusivity(unchecked) var promisesTransaction = false

  private static let preparation: Void = csqlite_forgo_memory_figures()

  init(path: String, flags: Int32, vfs: String?) throws(SQLError) {
    Self.preparation
    let code = sqlite3_open_v2(path, &database, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs)
    guard code == SQLITE_OK else {
      let reason = database.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
      sqlite3_close_v2(database)
      database = nil
      throw SQLError(code: code, message: "cannot open \(path): \(reason)")
    }
  }

  deinit { close() }

  /// Ends all statements, then the connection: nothing keeps the files open afterwards.
  func close() {
    guard let open = database else { return }
    while let statement = sqlite3_next_stmt(open, nil) { sqlite3_finalize(statement) }
    sqlite3_close_v2(open)
    database = nil
  }

  /// Runs a script without parameters.
  func execute(_ sql: String) throws(SQLError) {
    let code = sqlite3_exec(database, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw error(code) }
  }

  /// A full disk makes SQLite end a transaction by itself; what follows must not then be committed one by one.
  func requireTransactionIfPromised() throws(SQLError) {
    if promisesTransaction, let database, sqlite3_get_autocommit(database) != 0 {
      throw SQLError(code: SQLITE_ABORT, message: "expected an open transaction, got none: SQLite has rolled it back")
    }
  }

  /// The last failure of this connection as an error.
  func error(_ code: Int32) -> SQLError {
    guard let database else { return SQLError.misuse("the connection is closed") }
    return SQLError(code: code, message: String(cString: sqlite3_errmsg(database)))
  }
}
