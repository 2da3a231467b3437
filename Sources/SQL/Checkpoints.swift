internal import CSQLite

/// When the write-ahead log is copied back into the database. Only the writer does it, between rounds.
///
/// Everybody waits for a checkpoint: one that took long is followed by smaller ones, down to an eighth, until they are
/// quick again.
final class Checkpoints {
  private static let longNanoseconds: Int64 = 8_000_000
  private static let patienceMilliseconds: Int32 = 100
  private static let quickNanoseconds: Int64 = 3_000_000

  /// Runs its parameter while readers let go of the log.
  typealias Quiet = @Sendable (_ body: () -> Void) -> Void

  /// A log so many times as long is begun anew whoever reads it: so it grows no longer, but for one commit and what is
  /// written between two tries.
  static let longest = 4

  private let mostPages: Int
  private let quiet: Quiet
  private var pages: Int
  private var next: Int
  /// The length of the log when last looked at.
  private var last = 0

  init(pagesBetween: Int, quiet: @escaping Quiet) {
    (mostPages, pages, next) = (pagesBetween, pagesBetween, pagesBetween)
    self.quiet = quiet
  }

  func isDue(_ connection: Connection) -> Bool {
    // It has begun anew.
    if connection.logPages < last { next = pages }
    last = connection.logPages
    return last >= next
  }

  /// - Parameter monotonic: nanoseconds.
  func run(_ connection: Connection, _ monotonic: () -> Int64) throws(SQLError) {
    let insists = connection.logPages >= Checkpoints.longest * mostPages
    // Should it fail, or a reader still hold the log, the next try is not at once: each costs a sync.
    next = connection.logPages + mostPages / 4
    let start = monotonic()
    let left = insists ? try insist(connection) : try connection.checkpoint(SQLITE_CHECKPOINT_PASSIVE)
    guard left == 0 else { return }
    let taken = monotonic() - start
    if taken > Checkpoints.longNanoseconds { pages = max(mostPages / 8, pages / 2) }
    if taken < Checkpoints.quickNanoseconds { pages = min(mostPages, pages * 2) }
  }

  /// Readers that go on are waited for, but not long: all callers wait with the writer.
  private func insist(_ connection: Connection) throws(SQLError) -> Int {
    var left = 0
    var failure: SQLError?
    connection.waitForLocks(milliseconds: Checkpoints.patienceMilliseconds)
    defer { connection.waitForLocks(milliseconds: connection.settings.busyMilliseconds) }
    quiet {
      do throws(SQLError) { left = try connection.checkpoint(SQLITE_CHECKPOINT_RESTART) } catch { failure = error }
    }
    if let failure { throw failure }
    return left
  }
}

extension Connection {
  func waitForLocks(milliseconds: Int32) { sqlite3_busy_timeout(handle.database, milliseconds) }

  /// - Returns: the pages of the log that are not in the database yet.
  func checkpoint(_ mode: Int32) throws(SQLError) -> Int {
    var pages: Int32 = 0
    var copied: Int32 = 0
    let code = sqlite3_wal_checkpoint_v2(handle.database, nil, mode, &pages, &copied)
    // Busy: a reader was not done in time. What could be copied has been.
    guard code == SQLITE_OK || code == SQLITE_BUSY else { throw handle.error(code) }
    // Until the next commit starts the log anew, the hook's figure stands for pages that are done with.
    if pages == copied { logPages = 0 }
    return Int(pages - copied)
  }

  /// A write without a meaning, committed: it shows whether the file takes writes.
  func probe() throws {
    try transaction {
      let version = try first("PRAGMA user_version") { $0.int(0) } ?? 0
      try execute("PRAGMA user_version = \(version)")
    }
  }
}
