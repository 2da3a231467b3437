import SQL

/// Which runs and messages the writer has changed, rolled back or not: what checks have to look at again.
final class RowWatch {
  private(set) var runs: Set<Int64> = []
  private(set) var messages: Set<Int64> = []

  func forget() { (runs, messages) = ([], []) }

  /// From now on the connection reports, however often it is opened anew.
  func follow(_ db: Connection) {
    db.watch("runs", inserts: true) { [unowned self] row in if let row { runs.insert(row) } }
    db.watch("messages", inserts: true) { [unowned self] row in if let row { messages.insert(row) } }
  }
}
