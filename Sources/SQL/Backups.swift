/// The backup that the writer makes beside its rounds; one at a time.
final class Backups {
  /// What a round is made longer by, at most.
  static let nanosecondsPerRound: Int64 = 3_000_000

  typealias Ending = @Sendable (Result<Void, any Error>) -> Void

  private var current: (backup: Backup, then: Ending)?

  var isUnderWay: Bool { current != nil }

  /// Pages still to be copied, 0 when there is nothing to do.
  var pagesLeft: Int { current?.backup.pagesLeft ?? 0 }

  func begin(_ source: Connection, to path: String, maxPages: Int?, then: @escaping Ending) {
    guard current == nil else { return then(.failure(BackupRefusal.underWay)) }
    do {
      current = (try Backup(of: source, to: path, maxPages: maxPages), then)
    } catch {
      then(.failure(error))
    }
  }

  func step(_ monotonic: () -> Int64) {
    guard let current else { return }
    do {
      guard try current.backup.step(nanoseconds: Backups.nanosecondsPerRound, monotonic: monotonic) else { return }
      self.current = nil
      current.then(.success(()))
    } catch {
      end(error)
    }
  }

  /// Gives up; before the connection is closed or opened anew.
  func end(_ reason: any Error) {
    guard let current else { return }
    self.current = nil
    current.backup.cancel()
    current.then(.failure(reason))
  }
}

extension Writer {
  /// Copies the whole database into a new file, in slices between the rounds, while everything goes on. The copy is the
  /// file as of a commit not before the call. Costs each round some milliseconds, and the disk the database's size.
  ///
  /// - Parameters:
  ///   - path: of a file that does not exist, on any disk; gone again when the backup fails.
  ///   - maxPages: the copy grows no larger, as on a disk that fills up.
  ///   - then: called on the writer's thread. Fails with `BackupRefusal`, `SQLError`, or `StoreUnavailable`: a round was
  ///     lost in its middle, or the writer stops. The file is not synced; see `Connection.Mode.offline` for what to do next.
  public func backUp(
    to path: String, maxPages: Int? = nil, then: @escaping @Sendable (Result<Void, any Error>) -> Void
  ) {
    submit({ _, _ in }) { [self] outcome in
      switch outcome {
      case .success: beginBackup(to: path, maxPages: maxPages, then: then)
      case .failure: then(outcome)
      }
    }
  }
}
