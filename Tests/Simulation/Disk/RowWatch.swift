import CSQLite
import Glibc

/// Which runs, messages and events connections have changed, rolled back or not: what checks have to look at again.
final class RowWatch {
  private(set) var runs: Set<Int64> = []
  private(set) var messages: Set<Int64> = []

  func forget() { (runs, messages) = ([], []) }

  /// From now on every connection of a simulated disk reports.
  static func listen() { _ = isListening }

  private static let isListening: Bool = {
    typealias Extension =
      @convention(c) (OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, OpaquePointer?) -> Int32
    let entry: Extension = { connection, _, _ in
      RowWatch.watch(connection)
      return SQLITE_OK
    }
    // So SQLite wants it: https://www.sqlite.org/c3ref/auto_extension.html
    return sqlite3_auto_extension(unsafeBitCast(entry, to: (@convention(c) () -> Void).self)) == SQLITE_OK
  }()

  private static func watch(_ connection: OpaquePointer?) {
    var vfs: UnsafeMutablePointer<sqlite3_vfs>?
    guard sqlite3_file_control(connection, "main", SQLITE_FCNTL_VFS_POINTER, &vfs) == SQLITE_OK,
      let disk = SimulatedVFS.disk(vfs)
    else { return }
    sqlite3_update_hook(
      connection,
      { context, _, _, table, row in
        guard let context, let table else { return }
        let watch = Unmanaged<RowWatch>.fromOpaque(context).takeUnretainedValue()
        if strcmp(table, "runs") == 0 {
          watch.runs.insert(row)
        } else if strcmp(table, "messages") == 0 {
          watch.messages.insert(row)
        }
      }, Unmanaged.passUnretained(disk.rows).toOpaque())
  }
}
