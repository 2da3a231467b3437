import CSQLite

/// What is going to go wrong with a disk, and at which of the operations that change it.
struct DiskFault: CustomStringConvertible {
  enum Kind: String {
    /// Everything goes dark: what was not synced is kept, torn or lost.
    case powerFails
    /// The process ends; the kernel writes what it was given.
    case processEnds
    /// No room: SQLITE_FULL, now and then after half a write.
    case isFull
    case writeFails
    /// And what was not synced may be lost later on, though nothing says so again.
    case syncFails
  }

  let kind: Kind
  /// Operations that still succeed.
  var after: Int
  /// How many then fail.
  var count = 1

  var description: String { "\(kind.rawValue) after \(after)" + (count > 1 ? " for \(count)" : "") }
}

/// Result codes that are composed in SQLite's header, which Swift cannot read.
enum DiskCode {
  static let shortRead = SQLITE_IOERR | 2 << 8
  static let writeFailed = SQLITE_IOERR | 3 << 8
  static let syncFailed = SQLITE_IOERR | 4 << 8
  static let noSuchFile = SQLITE_IOERR | 23 << 8
}
