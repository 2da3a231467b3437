import API
import Delivery
import Domain
import Glibc
import HTTP
import Logging
import SQL
import Synchronization

/// Makes one backup at a time, from the first page to the client's last byte: each takes the disk its size once more.
final class BackupDesk: Sendable {
  private let writer: Writer
  private let path: String
  private let now: @Sendable () -> Int64
  private let log: Logger
  private let isTaken = Mutex(false)

  init(_ writer: Writer, path: String, now: @escaping @Sendable () -> Int64, _ log: Logger) {
    (self.writer, self.path, self.now, self.log) = (writer, path, now, log)
  }

  @Sendable func make(_ done: @escaping @Sendable (Result<FileBody, any Error>) -> Void) {
    let isMine = isTaken.withLock { taken in
      defer { taken = true }
      return !taken
    }
    guard isMine else { return done(.failure(BackupRefusal.underWay)) }
    let started = SystemClock.monotonic()
    writer.backUp(to: path) { [self] outcome in
      // Blocks for long, so not on the writer's thread.
      detached { [self] in
        let file = outcome.flatMap { _ in Result { try sealed() } }
        switch file {
        case .success(let file):
          let milliseconds = SystemClock.monotonic() - started
          log.info("backup made", metadata: ["bytes": "\(file.count)", "milliseconds": "\(milliseconds)"])
        case .failure(let error):
          leave()
          log.error("a backup failed: \(error)")
        }
        done(file)
      }
    }
  }

  /// The copy as one file that says itself that it is a copy. It has no name any more: it is gone with its last reader.
  private func sealed() throws -> FileBody {
    defer { unlink(path) }
    // The client's disk is where it has to be safe.
    let db = try Connection(path: path, mode: .offline, durability: .off)
    defer { db.close() }
    let time = Timestamp(milliseconds: now())
    try db.transaction {
      try Hold.set(Hold.Fact(since: time, reason: "it is a copy, made by a backup at \(time.rfc3339)"), db)
    }
    db.close()
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw StoreUnavailable(reason: "the copy cannot be read: \(String(cString: strerror(errno)))")
    }
    return FileBody(descriptor: file) { [self] in leave() }
  }

  private func leave() { isTaken.withLock { $0 = false } }
}
