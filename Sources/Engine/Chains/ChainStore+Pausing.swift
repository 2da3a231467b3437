public import Domain
public import SQL

extension ChainStore {
  /// Every run stays where it is, nothing new comes in and nothing leaves. Pausing twice is pausing once.
  public func pause(_ stored: Stored, now: Timestamp, _ db: Connection) throws {
    guard stored.status == .live else { return }
    try setStatus(stored, .paused, now: now, db)
  }

  /// What fell due meanwhile acts now, as `late` decides; a run that stood at a message that left meanwhile is looked at.
  public func resume(_ stored: Stored, now: Timestamp, _ db: Connection) throws {
    guard stored.status == .paused else { return }
    try makeLive(stored, now: now, db)
  }

  func makeLive(_ stored: Stored, now: Timestamp, _ db: Connection) throws {
    try setStatus(stored, .live, now: now, db)
    try unpark(stored, now: now, db)
  }

  func unpark(_ stored: Stored, now: Timestamp, _ db: Connection) throws {
    // What was not parked is looked at once: an event may have come that it waits for.
    let runs = """
      UPDATE runs SET parked_at = NULL,
        due_at = CASE WHEN parked_at IS NOT NULL THEN parked_at WHEN due_at < $2 THEN due_at ELSE $2 END
      WHERE chain = $1 AND state = 'active'
      """
    try db.run(runs, [.int(stored.number), .int(now.milliseconds)])
    let messages = """
      UPDATE messages SET due_at = parked_at, parked_at = NULL WHERE chain = $1 AND parked_at IS NOT NULL
      """
    try db.run(messages, [.int(stored.number)])
  }

  /// Nothing new comes in. The runs inside are ended by `endRuns`, a slice at a time.
  public func archive(_ stored: Stored, now: Timestamp, _ db: Connection) throws {
    guard stored.status != .archived else { return }
    try setStatus(stored, .archived, now: now, db)
  }
}
