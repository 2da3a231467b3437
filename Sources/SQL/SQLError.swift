internal import CSQLite

/// What SQLite answered instead of success. Never holds bound values: errors go into logs.
public struct SQLError: Error, Sendable, Equatable, CustomStringConvertible {
  /// SQLite's extended result code (https://www.sqlite.org/rescode.html).
  public let code: Int32
  public let message: String
  /// What a person can do about it.
  public let hint: String?

  public init(code: Int32, message: String, hint: String? = nil) {
    self.code = code
    // SQLite quotes statements of several lines; what goes into a log is one.
    self.message = message.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    self.hint = hint ?? SQLError.hint(for: code)
  }

  /// In SQLite's own words.
  init(code: Int32) { self.init(code: code, message: String(cString: sqlite3_errstr(code))) }

  public var description: String {
    "SQLite error \(code): \(message)" + (hint.map { " (\($0))" } ?? "")
  }

  public var isBusy: Bool { primary == SQLITE_BUSY || primary == SQLITE_LOCKED }
  public var isFull: Bool { primary == SQLITE_FULL }
  public var isConstraint: Bool { primary == SQLITE_CONSTRAINT }
  public var isUnique: Bool {
    code == SQLError.uniqueConstraint || code == SQLError.primaryKeyConstraint || code == SQLError.rowConstraint
  }
  /// The file is no database, or a damaged one.
  public var isCorrupt: Bool { primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB }
  /// A reader ran out of its time.
  public var isInterrupted: Bool { primary == SQLITE_INTERRUPT }

  /// The store as a whole cannot take writes now: the fault is not that of one statement.
  public var isStoreFailure: Bool {
    switch primary {
    case SQLITE_BUSY, SQLITE_FULL, SQLITE_IOERR, SQLITE_NOMEM, SQLITE_CORRUPT, SQLITE_NOTADB,
      SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PROTOCOL, SQLITE_NOLFS, SQLITE_PERM, SQLITE_ABORT:
      true
    default: false
    }
  }

  private var primary: Int32 { code & 0xFF }

  // The macros of extended codes are expressions that Swift does not import.
  private static let rowConstraint = SQLITE_CONSTRAINT | (10 << 8)
  private static let primaryKeyConstraint = SQLITE_CONSTRAINT | (6 << 8)
  private static let uniqueConstraint = SQLITE_CONSTRAINT | (8 << 8)

  private static func hint(for code: Int32) -> String? {
    switch code & 0xFF {
    case SQLITE_FULL: "make room on the disk that holds the data folder"
    case SQLITE_BUSY: "another program holds a lock on the database file; close it"
    case SQLITE_READONLY, SQLITE_PERM: "check the permissions of the data folder"
    case SQLITE_CORRUPT, SQLITE_NOTADB: "restore the data folder from a backup"
    case SQLITE_IOERR: "check the disk that holds the data folder"
    default: nil
    }
  }

  /// A mistake of the caller, found before SQLite saw it.
  static func misuse(_ message: String) -> SQLError { SQLError(code: SQLITE_MISUSE, message: message) }
}
