internal import CSQLite
internal import Glibc

/// Who follows the changes of a table's rows.
struct RowWatch {
  let table: [CChar]
  let inserts: Bool
  let changed: (Int64?) -> Void
}

extension Connection {
  /// Calls `changed` with the id of every row of `table` that this connection changes or deletes, and with nil whenever
  /// something was rolled back. It must not use the connection.
  /// - Parameter inserts: tells of rows that are added, too.
  ///
  /// SQLite tells nothing of tables WITHOUT ROWID, of rows that OR REPLACE takes away and of a DELETE without WHERE
  /// (https://www.sqlite.org/c3ref/update_hook.html).
  public func watch(_ table: String, inserts: Bool = false, _ changed: @escaping (Int64?) -> Void) {
    watches.append(RowWatch(table: Array(table.utf8CString), inserts: inserts, changed: changed))
    watchRows()
  }

  /// Again for each opened file.
  func watchRows() {
    guard !watches.isEmpty else { return }
    let context = Unmanaged.passUnretained(self).toOpaque()
    sqlite3_update_hook(
      handle.database,
      { context, operation, _, table, row in
        guard let context, let table else { return }
        let connection = Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
        connection.tell(table, row, isNew: operation == SQLITE_INSERT)
      }, context)
  }

  private func tell(_ table: UnsafePointer<CChar>, _ row: Int64, isNew: Bool) {
    for watch in watches where watch.inserts || !isNew {
      if strcmp(watch.table, table) == 0 { watch.changed(row) }
    }
  }

  func tellOfRollback() { for watch in watches { watch.changed(nil) } }
}
