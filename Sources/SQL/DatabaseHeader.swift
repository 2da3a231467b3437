internal import Glibc

/// The first 100 bytes of a database file (https://www.sqlite.org/fileformat2.html#database_header), read without
/// SQLite: a file that is not ours is refused before anything could change it.
struct DatabaseHeader {
  let applicationID: Int64
  let schemaCookie: UInt32

  /// Nil for a file that is missing or empty. Throws `StoreRefusal` where the bytes are no database.
  static func read(_ path: String) throws -> DatabaseHeader? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw StoreRefusal("cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = Glibc.read(file, &bytes, bytes.count)
    if count == 0 { return nil }
    guard count == 100, bytes.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw StoreRefusal("\(path) is damaged or no database: its header is not SQLite's; restore it from a backup")
    }
    return DatabaseHeader(bytes)
  }

  private init(_ bytes: [UInt8]) {
    func word(_ offset: Int) -> UInt32 { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } }
    schemaCookie = word(40)
    applicationID = Int64(word(68))
  }

  /// A file of ours may still have everything in its log: then its own header names no program and no table.
  var isForeign: Bool { applicationID != Migrator.applicationID && (applicationID != 0 || schemaCookie != 0) }
}
