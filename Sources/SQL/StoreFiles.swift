internal import Glibc

/// The files that SQLite keeps for a database, by the path of the first.
enum StoreFiles {
  static func log(of path: String) -> String { path + "-wal" }

  /// 0 where there is no log.
  static func logBytes(of path: String) -> Int64 {
    var file = stat()
    return stat(log(of: path), &file) == 0 ? Int64(file.st_size) : 0
  }
}
