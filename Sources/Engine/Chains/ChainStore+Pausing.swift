public import Domain
public import SQL

extension ChainStore {
  /// Every run stays where it is, nothing new comes in and nothing leaves. Pausing twice is pausing once.
  public func pause(_ stored: Stored, now: Timestamp, _ db: Connection) throws {
    guard stored.status == .live else { return }
    try Resumption.cancel(stored.number, db)
    try setStatus(stored, .paused, now: now, db)
  }

  /// What fell due meanwhile acts now, as `late` decides; a run that stood at a message that left meanwhile is looked at.
  /// The engine does it a slice at a time: here it only begins.
  public func resume(_ stored: Stored, now: Timestamp, _ db: Connection) throws {
    guard stored.status == .paused else { return }
    try makeLive(stored, now: now, db)
  }

  func makeLive(_ stored: Stored, now: Timestamp, _ db: Connection) throws {
    try setStatus(stored, .live, now: now, db)
    try Resumption.begin(stored.number, db)
  }

  /// Nothing new comes in. The runs inside are ended by `endRuns`, a slice at a time.
  public func archive(_ stored: Stored, now: Timestamp, _ db: Connection) throws {
    guard stored.status != .archived else { return }
    try Resumption.cancel(stored.number, db)
    try VersionMove.cancel(stored.number, db)
    try setStatus(stored, .archived, now: now, db)
  }
}
