internal import Glibc

/// A data folder that no server has open, to be looked at: nothing in it is made, changed or removed. While this object
/// lives no server starts on it.
public final class Inspection {
  public let db: Connection
  /// Which of the migrations the file has seen, by number.
  public let layout: Int
  /// What the folder itself says; to be run with the others.
  public let audit: Audit
  private let lock: FolderLock?

  /// Throws `StoreRefusal`: a server has the folder, it has no database, or the database is no database, another
  /// program's or of a newer layout.
  public init(_ folder: String, _ migrator: Migrator) throws {
    lock = try FolderLock.looking(at: folder)
    let path = DataFolder.database(in: folder)
    guard let header = try DatabaseHeader.read(path) else {
      throw StoreRefusal("there is no database \(path) to verify")
    }
    guard !header.isForeign else { throw StoreRefusal("the database \(path) belongs to another program") }
    do {
      db = try Connection(path: path, mode: .inspector)
      try migrator.check(db, named: path)
      layout = Int(try db.first("PRAGMA user_version") { $0.int(0) } ?? 0)
    } catch let error as SQLError where error.isCorrupt {
      throw StoreRefusal("the database \(path) is damaged or no database: \(error.message); restore it from a backup")
    }
    audit = Self.audit(FolderNote.read(in: folder), path)
  }

  deinit { db.close() }

  private static func audit(_ note: FolderNote?, _ path: String) -> Audit {
    Audit("folder", "nothing is missing beside the database") { _, notes in
      let hasLog = access(path + "-wal", F_OK) == 0
      if note?.state == .open {
        if hasLog {
          notes.remark("the last run did not end in good order; what it had committed is in the log, and looked at too")
        } else {
          notes.find("the log \(path)-wal is missing though the last run did not end in good order")
        }
      }
      if let note, !note.isAbout(path) { notes.remark("it is a copy: a server that starts on it is held") }
    }
  }
}
