import Domain
import SQL

/// Lets go what a pause had stopped, a slice at a time: a chain may have millions of runs. A row of `resumes` says how
/// far it has come. Until its turn comes a run stays as in a paused chain; its own pause ends with its slice.
struct Resumption: Sendable {
  /// Runs from after `done` through `last`, by id, whose turn is still to come.
  let done: Int64
  let last: Int64

  func awaits(_ run: Int64) -> Bool { run > done && run <= last }

  /// Begins anew where one is under way. Runs that start from now on are none of its business.
  static func begin(_ chain: Int64, _ db: Connection) throws {
    let sql = """
      INSERT INTO resumes (chain, done, last) VALUES ($1, 0, (SELECT coalesce(max(id), 0) FROM runs))
      ON CONFLICT (chain) DO UPDATE SET done = 0, last = excluded.last
      """
    try db.run(sql, [.int(chain)])
  }

  /// What was not let go stays where it is.
  static func cancel(_ chain: Int64, _ db: Connection) throws {
    try db.run("DELETE FROM resumes WHERE chain = $1", [.int(chain)])
  }

  static func underWay(_ db: Connection) throws -> [Int64: Resumption] {
    let rows = try db.query("SELECT chain, done, last FROM resumes") {
      ($0.int(0), Resumption(done: $0.int(1), last: $0.int(2)))
    }
    return Dictionary(rows) { _, last in last }
  }

  /// A message that the pause had held back when it was due.
  struct ParkedMessage {
    let id: Int64
    let run: Int64
    /// Index in the program that its run walks.
    let step: Int
    let dueAt: Timestamp
  }

  /// At most `limit` runs, oldest first; after the last of them the chain's messages, as many.
  /// - Parameter drop: takes back a message that is too late now; false: it may leave.
  /// - Returns: what is left to do; nil: nothing.
  func goOn(
    _ chain: Int64, limit: Int, now: Timestamp, _ db: Connection, drop: (ParkedMessage) throws -> Bool
  ) throws -> Resumption? {
    let left = done < last ? try releaseRuns(chain, limit, now, db) : self
    if left.done >= left.last, try releaseMessages(chain, limit, db, drop) < limit {
      try Self.cancel(chain, db)
      return nil
    }
    if left.done != done {
      try db.run("UPDATE resumes SET done = $2 WHERE chain = $1", [.int(chain), .int(left.done)])
    }
    return left
  }

  private func releaseRuns(_ chain: Int64, _ limit: Int, _ now: Timestamp, _ db: Connection) throws -> Resumption {
    let slice = """
      SELECT count(*), max(id) FROM (
        SELECT id FROM runs WHERE chain = $1 AND state = 'active' AND id > $2 AND id <= $3 ORDER BY id LIMIT $4)
      """
    let found = try db.first(slice, [.int(chain), .int(done), .int(last), .int(limit)]) { ($0.int(0), $0.int(1)) }
    guard let (count, end) = found, count > 0 else { return Resumption(done: last, last: last) }
    // What was not parked is looked at once: an event may have come that it waits for.
    let sql = """
      UPDATE runs SET parked_at = NULL,
        due_at = CASE WHEN parked_at IS NOT NULL THEN parked_at WHEN due_at < $4 THEN due_at ELSE $4 END
      WHERE chain = $1 AND state = 'active' AND id > $2 AND id <= $3
      """
    try db.run(sql, [.int(chain), .int(done), .int(end), .int(now.milliseconds)])
    return Resumption(done: count < limit ? last : end, last: last)
  }

  private func releaseMessages(
    _ chain: Int64, _ limit: Int, _ db: Connection, _ drop: (ParkedMessage) throws -> Bool
  ) throws -> Int {
    let sql = """
      SELECT id, run, step, parked_at FROM messages WHERE chain = $1 AND parked_at IS NOT NULL ORDER BY id LIMIT $2
      """
    let parked = try db.query(sql, [.int(chain), .int(limit)]) {
      ParkedMessage(
        id: $0.int(0), run: $0.int(1), step: Int($0.int(2)), dueAt: Timestamp(milliseconds: $0.int(3)))
    }
    for message in parked where try !drop(message) {
      try db.run("UPDATE messages SET due_at = parked_at, parked_at = NULL WHERE id = $1", [.int(message.id)])
    }
    return parked.count
  }
}
