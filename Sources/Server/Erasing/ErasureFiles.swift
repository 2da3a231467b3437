import API
import Engine
import Erasure
import Glibc
import Ingest
import SQL

/// What is kept of erasures beside the database: the secret that hashes are made with, and the journal. Whoever has the
/// database or a backup alone can try no address against the hashes.
struct ErasureFiles {
  private static let secretBytes = 32
  /// Of the secret, so that another one is noticed.
  private static let fingerprintFact = "erasures.key"

  let tombstones: Tombstones
  let journal: FileJournal
  /// For the person who starts the server.
  let remark: String?

  /// Inside a transaction. The first start of a folder makes the secret. Throws `StoreRefusal` where hashes were made with
  /// another one.
  /// - Parameter keyIsLost: hashes that nothing can be compared with any more are given up.
  init(in folder: String, keyIsLost: Bool, _ db: Connection) throws {
    guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
      throw StoreRefusal("cannot make the folder \(folder): \(String(cString: strerror(errno)))")
    }
    if keyIsLost { try Self.giveUp(in: folder, db) }
    journal = try FileJournal(in: folder)
    let path = folder + "/erasures.key"
    let known = try Facts.read(Self.fingerprintFact, db)
    let secret = try Self.read(path)
    let isNeeded = try journal.count > 0 || Self.hasTombstones(db)
    if let secret {
      let fingerprint = Self.fingerprint(secret)
      guard try known == nil || known == fingerprint || !Self.hasTombstones(db) else {
        throw StoreRefusal(
          "\(path) is not the key that this database's tombstones were made with: put the right one there, with its "
            + "erasures.journal" + Self.way)
      }
      try Facts.write(Self.fingerprintFact, fingerprint, db)
      tombstones = Tombstones(secret: secret)
    } else {
      guard !isNeeded else {
        throw StoreRefusal(
          "\(path) is missing, and people have been erased: put it back from the copy you have of it, with its "
            + "erasures.journal; without it nobody can tell whom a backup brings back" + Self.way)
      }
      let fresh = Chance.bytes(Self.secretBytes)
      try Self.write(fresh, path, folder)
      try Facts.write(Self.fingerprintFact, Self.fingerprint(fresh), db)
      tombstones = Tombstones(secret: fresh)
    }
    try tombstones.load(db)
    let done = try Facts.read(Erasures.journalFact, db).flatMap { Int($0) } ?? 0
    remark =
      journal.count < done
      ? "\(folder)/erasures.journal has \(journal.count) entries, the database knows of \(done): it is not the journal "
        + "that belongs to it; who was erased since a backup was made may be in that backup"
      : nil
  }

  private static let way = "; if it is lost for good, start once with --erasure-key-lost"

  private static func giveUp(in folder: String, _ db: Connection) throws {
    for table in ["tombstones", "suppressed_hashes"] { try db.run("DELETE FROM \(table)") }
    try db.run("DELETE FROM facts WHERE name IN ($1, $2)", [.text(fingerprintFact), .text(Erasures.journalFact)])
    for name in ["erasures.journal", "erasures.key"] where access(folder + "/" + name, F_OK) == 0 {
      guard rename(folder + "/" + name, folder + "/" + name + ".lost") == 0 else {
        throw StoreRefusal("cannot rename \(folder)/\(name): \(String(cString: strerror(errno)))")
      }
    }
  }

  private static func hasTombstones(_ db: Connection) throws -> Bool {
    try db.first("SELECT 1 FROM tombstones LIMIT 1", []) { _ in true } ?? false
  }

  private static func fingerprint(_ secret: [UInt8]) -> String {
    Tombstones(secret: secret).hash(.address, "fingerprint").hex
  }

  private static func read(_ path: String) throws -> [UInt8]? {
    guard access(path, F_OK) == 0 else { return nil }
    let digits = try FileJournal.read(path).filter { $0 > 0x20 }.map { $0 >= 0x61 ? $0 &- 87 : $0 &- 48 }
    guard digits.count == 2 * secretBytes, digits.allSatisfy({ $0 < 16 }) else {
      throw StoreRefusal("expected \(path) to hold \(2 * secretBytes) hexadecimal digits; put it back from your copy")
    }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  private static func write(_ secret: [UInt8], _ path: String, _ folder: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw StoreRefusal("cannot write \(path): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    let text = Array((Fingerprint.hex(secret) + "\n").utf8)
    guard Glibc.write(file, text, text.count) == text.count, fsync(file) == 0 else {
      throw StoreRefusal("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    try FileSync.folder(folder)
  }
}
