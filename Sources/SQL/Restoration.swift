internal import Glibc

/// Puts a backup into a data folder that has no database. Nobody serves it meanwhile: it takes the folder's lock.
///
/// The copy, not the backup, is checked and marked; it gets the database's name only when all is well and on disk, so a
/// crash or a refusal leaves the folder without a database.
public struct Restoration {
  public enum Stage: Sendable {
    case copying(bytes: Int64, of: Int64)
    /// Every page is read: takes about as long as the copying.
    case checking
  }

  /// Of the binary that restores: a newer backup is refused.
  public let migrator: Migrator
  /// Called often; from the caller's thread.
  public let progress: (Stage) -> Void

  public init(_ migrator: Migrator, progress: @escaping (Stage) -> Void = { _ in }) {
    (self.migrator, self.progress) = (migrator, progress)
  }

  /// - Parameter mark: writes into the copy, in a transaction, after the check.
  /// Throws `StoreRefusal` with one line.
  public func run(_ backup: String, into folder: String, mark: (Connection) throws -> Void) throws {
    try refuseUnlessBackup(backup)
    let lock = try FolderLock(folder)
    defer { withExtendedLifetime(lock) {} }
    let database = DataFolder.database(in: folder)
    for path in [database, StoreFiles.log(of: database)] where access(path, F_OK) == 0 {
      throw StoreRefusal(
        "the folder \(folder) has a database already (\(path)): choose another folder, or move it away")
    }
    // What another database's server was deciding when it ended.
    unlink(DataFolder.lastingWords(in: folder))
    let fresh = database + ".part"
    // What a restore that was killed has left must not mix with this one.
    ScratchFile.remove(fresh)
    do {
      try copy(backup, to: fresh)
      try settle(fresh, named: backup, mark)
      try FileSync.file(fresh)
      guard rename(fresh, database) == 0 else { throw StoreRefusal(errno: "cannot write \(database)") }
      try FileSync.folder(folder)
    } catch {
      ScratchFile.remove(fresh)
      throw error
    }
    try FolderNote(.closed, of: database).write(in: folder)
  }

  private func refuseUnlessBackup(_ path: String) throws {
    guard access(path, F_OK) == 0 else { throw StoreRefusal("there is no file \(path)") }
    guard let header = try DatabaseHeader.read(path) else { throw StoreRefusal("\(path) is empty: it is no backup") }
    guard header.applicationID == Migrator.applicationID else {
      throw StoreRefusal("\(path) is no backup of zveno: it belongs to another program")
    }
    if StoreFiles.logBytes(of: path) > 0 {
      throw StoreRefusal(
        "\(path) has a log beside it (\(path)-wal): it is no backup but a database that was in use; copy the whole folder "
          + "of a stopped server, or make a backup with zveno backup")
    }
  }

  private func copy(_ backup: String, to fresh: String) throws {
    let source = open(backup, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { throw StoreRefusal(errno: "cannot read \(backup)") }
    defer { close(source) }
    let target = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard target >= 0 else { throw StoreRefusal(errno: "cannot write \(fresh)") }
    defer { close(target) }
    var file = stat()
    _ = fstat(source, &file)
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var done: Int64 = 0
    while true {
      let count = read(source, &buffer, buffer.count)
      guard count >= 0 else { throw StoreRefusal(errno: "cannot read \(backup)") }
      if count == 0 { return }
      guard write(target, buffer, count) == count else { throw StoreRefusal(errno: "cannot write \(fresh)") }
      done += Int64(count)
      progress(.copying(bytes: done, of: Int64(file.st_size)))
    }
  }

  private func settle(_ fresh: String, named backup: String, _ mark: (Connection) throws -> Void) throws {
    do {
      let db = try Connection(path: fresh, mode: .offline)
      defer { db.close() }
      try migrator.check(db, named: backup)
      progress(.checking)
      let found = try db.first("PRAGMA integrity_check(1)") { $0.text(0) } ?? "nothing"
      guard found == "ok" else {
        let line = found.split(separator: "\n").joined(separator: " ")
        throw StoreRefusal("\(backup) is damaged: \(line); use another backup")
      }
      try db.transaction { try mark(db) }
    } catch let error as SQLError where error.isCorrupt {
      throw StoreRefusal("\(backup) is damaged: \(error.message); use another backup")
    } catch let error as SQLError {
      throw StoreRefusal("cannot make a database of \(backup): \(error)")
    }
  }
}
