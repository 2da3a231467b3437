public import Domain
public import SQL

/// The operators' queue: list, claim for a while, complete. Stateless: works over the connection it is given.
public struct TaskStore: Sendable {
  public static let defaultQueue = "default"
  /// What `expire` ends at most in one call.
  private static let slice = 500

  public init() {}

  /// Made in the transaction that records the hand-over, for whom the message is now. Once a message.
  func open(_ claim: Claim, _ text: TaskText?, now: Int64, _ db: Connection) throws {
    let sql = """
      INSERT INTO tasks (message, contact, channel, queue, address, subject, text, status, deadline, created_at)
      SELECT id, contact, $2, $3, $4, $5, $6, 'open', $7, $8 FROM messages WHERE id = $1
      ON CONFLICT (message) DO NOTHING
      """
    try db.run(
      sql,
      [
        .int(claim.message), .text(claim.channel), .text(claim.queue ?? Self.defaultQueue),
        .text(claim.address), .optional(text?.subject), .text(text?.text ?? ""),
        .optional(claim.deadline?.milliseconds), .int(now),
      ])
  }

  public enum Answer: Sendable {
    case done(OperatorTask)
    case missing
    /// Another operator holds it, or it is done or expired.
    case conflict(OperatorTask)
  }

  /// Takes the task for `minutes`; the same operator may take it again, which prolongs.
  public func claim(_ id: Int64, by name: String, minutes: Int, now: Timestamp, _ db: Connection) throws -> Answer {
    guard let task = try task(id, now: now, db) else { return .missing }
    let isFree = task.status == .open || (task.status == .claimed && task.operatorName == name)
    guard isFree else { return .conflict(task) }
    try db.run(
      "UPDATE tasks SET status = 'claimed', operator = $2, claimed_until = $3 WHERE id = $1",
      [.int(id), .text(name), .int((now + Int64(minutes) * 60_000).milliseconds)])
    return try self.task(id, now: now, db).map { .done($0) } ?? .missing
  }

  /// Ends the task; whoever asks. The caller appends the event that its outcome is, in the same transaction.
  public func complete(
    _ id: Int64, as result: OperatorTask.Result, note: String?, now: Timestamp, _ db: Connection
  ) throws -> Answer {
    guard let task = try task(id, now: now, db) else { return .missing }
    guard task.status == .open || task.status == .claimed else { return .conflict(task) }
    try db.run(
      "UPDATE tasks SET status = 'done', outcome = $2, note = $3, completed_at = $4 WHERE id = $1",
      [.int(id), .text(result.rawValue), .optional(note), .int(now.milliseconds)])
    return try self.task(id, now: now, db).map { .done($0) } ?? .missing
  }

  /// Ends the tasks whose deadline has passed.
  /// - Returns: the next deadline, milliseconds.
  func expire(now: Int64, _ db: Connection) throws -> Int64? {
    guard let first = try nextDeadline(db) else { return nil }
    guard first <= now else { return first }
    let sql = """
      UPDATE tasks SET status = 'expired', completed_at = $1 WHERE id IN (
        SELECT id FROM tasks INDEXED BY tasks_deadline
        WHERE status IN ('open', 'claimed') AND deadline IS NOT NULL AND deadline <= $1
        ORDER BY deadline, id LIMIT $2)
      """
    try db.run(sql, [.int(now), .int(Self.slice)])
    return try nextDeadline(db)
  }

  /// Asked in every round. Left to choose, SQLite takes the index by status and sorts all tasks that are open.
  func nextDeadline(_ db: Connection) throws -> Int64? {
    let sql = """
      SELECT deadline FROM tasks INDEXED BY tasks_deadline
      WHERE status IN ('open', 'claimed') AND deadline IS NOT NULL
      ORDER BY deadline, id LIMIT 1
      """
    return try db.first(sql, []) { $0.int(0) }
  }
}
