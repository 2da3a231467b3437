internal import Glibc

/// The folder that holds everything a server keeps: the database, its log, a lock and a note about the last stop.
///
/// One process at a time has it. Call `opened()` once the database is open and migrated, `closing()` before it is
/// closed.
public final class DataFolder {
  /// Where the database comes from, as far as the note beside it tells.
  public enum Origin: Sendable {
    /// There is none yet.
    case new
    /// It is the one that the last run left here.
    case ours
    /// The note is about another file: the folder, or the database in it, was copied.
    case copied
    /// There is no note: somebody put the database here, or took the note away.
    case unnoted
  }

  public let path: String
  public let databasePath: String
  /// Known from the start; nothing that happens later changes it.
  public let origin: Origin
  private let lock: FolderLock

  /// Makes the folder if need be and takes its lock. Throws `StoreRefusal`: another process is there, the folder
  /// cannot be written, the database is another program's, no database, or missing though it was there before.
  public init(_ path: String) throws {
    self.path = path
    databasePath = DataFolder.database(in: path)
    lock = try FolderLock(path)
    origin = try DataFolder.check(path)
    DataFolder.removeUnfinished(in: path)
    // They are about another database's rows.
    if origin != .ours { unlink(lastingWordsPath) }
  }

  /// From here on a missing database or log is noticed at the next start.
  public func opened() throws { try FolderNote(.open, of: databasePath).write(in: path) }

  /// The database is about to be closed in good order: its log may go.
  public func closing() throws { try FolderNote(.closed, of: databasePath).write(in: path) }

  /// The same, where a failure ends nothing. False: the log must stay (`Connection.close(keepsLog:)`), or the next start
  /// would miss it.
  public func notesClosing(_ report: (any Error) -> Void) -> Bool {
    do { try closing() } catch {
      report(error)
      return false
    }
    return true
  }

  /// Where a backup is made; what a crash left there is gone at the next start.
  public var backupPath: String { DataFolder.backup(in: path) }

  /// Where a rehearsal lives; what a crash left there is gone at the next start.
  public var rehearsalPath: String { DataFolder.rehearsal(in: path) }

  /// For what the next process is to know of how this one ended.
  public var lastingWordsPath: String { DataFolder.lastingWords(in: path) }

  static func lastingWords(in path: String) -> String { path + "/deciding" }

  static func database(in path: String) -> String { path + "/zveno.sqlite" }

  private static func backup(in path: String) -> String { path + "/backup.tmp" }

  private static func rehearsal(in path: String) -> String { path + "/rehearsal.tmp" }

  private static func removeUnfinished(in path: String) {
    ScratchFile.remove(backup(in: path))
    ScratchFile.remove(rehearsal(in: path))
  }

  private static func check(_ path: String) throws -> Origin {
    let databasePath = database(in: path)
    let header = try DatabaseHeader.read(databasePath)
    if header?.isForeign == true {
      throw StoreRefusal("the database \(databasePath) belongs to another program; choose another data folder")
    }
    guard let note = FolderNote.read(in: path) else { return header == nil ? .new : .unnoted }
    if header == nil {
      throw StoreRefusal(
        "the database \(databasePath) is missing though it was there before; restore it from a backup")
    }
    if note.state == .open, access(StoreFiles.log(of: databasePath), F_OK) != 0 {
      throw StoreRefusal(
        "the log \(databasePath)-wal is missing though the last run did not end in good order: its last events may "
          + "be gone; put it back, or, if another program such as sqlite3 has opened the database since, "
          + "remove \(FolderNote.path(in: path))")
    }
    return note.isAbout(databasePath) ? .ours : .copied
  }
}
