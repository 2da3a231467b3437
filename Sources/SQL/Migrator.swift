internal import CSQLite

/// One step of the file's layout. Numbers run from 1 without a gap; a released one never changes.
public struct Migration: Sendable {
  public let number: Int
  public let name: String
  public let sql: String

  public init(number: Int, name: String, sql: String) {
    self.number = number
    self.name = name
    self.sql = sql
  }
}

/// Brings a file to the newest layout, each step in a transaction of its own: killed anywhere, it goes on next time.
public struct Migrator: Sendable {
  /// "ZVEN" in the header of our files (PRAGMA application_id).
  public static let applicationID: Int64 = 0x5A56_454E

  private let migrations: [Migration]

  public init(_ migrations: [Migration]) { self.migrations = migrations }

  /// A start's first write. Throws `StoreRefusal` for a file that is another program's, newer than this binary, or
  /// damaged.
  public func migrate(_ db: Connection) throws {
    do {
      try check(db, named: db.path)
      try db.rewriteLog()
      for migration in migrations.dropFirst(Int(try version(db))) { try apply(migration, db) }
    } catch let error as SQLError where error.isCorrupt {
      throw StoreRefusal(
        "the database \(db.path) is damaged or no database: \(error.message); restore it from a backup")
    }
  }

  /// Throws `StoreRefusal` for a file that is another program's or newer than this binary.
  /// - Parameter name: what the refusal calls the file.
  func check(_ db: Connection, named name: String) throws {
    for (index, migration) in migrations.enumerated() where migration.number != index + 1 {
      throw StoreRefusal("expected migration number \(index + 1), got \(migration.number) (\(migration.name))")
    }
    let application = try db.first("PRAGMA application_id") { $0.int(0) } ?? 0
    let tables = try db.first("SELECT count(*) FROM sqlite_schema") { $0.int(0) } ?? 0
    let found = try version(db)
    guard application == Migrator.applicationID || (application == 0 && tables == 0 && found == 0) else {
      throw StoreRefusal("the database \(name) belongs to another program; choose another data folder")
    }
    guard found <= migrations.count else {
      throw StoreRefusal(
        "the database \(name) was written by a newer zveno: its layout is \(found), this binary knows "
          + "\(migrations.count); start the newer binary")
    }
  }

  /// An empty file of the newest layout, in memory.
  func model() throws -> Connection {
    let db = try Connection(path: ":memory:", mode: .writer)
    for migration in migrations { try apply(migration, db) }
    return db
  }

  private func apply(_ migration: Migration, _ db: Connection) throws {
    try db.transaction {
      try db.execute(migration.sql)
      try db.execute("PRAGMA application_id = \(Migrator.applicationID)")
      try db.execute("PRAGMA user_version = \(migration.number)")
    }
  }

  private func version(_ db: Connection) throws -> Int64 { try db.first("PRAGMA user_version") { $0.int(0) } ?? 0 }
}
