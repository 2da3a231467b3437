public import Domain
public import SQL

extension ChainStore {
  /// Makes the draft the next version, live from now on. New runs walk it; of those inside `runs` decides, and the engine
  /// carries it out a slice at a time. Without a draft the live version is the one that they go to.
  ///
  /// While `movingTo` says that an earlier publication still takes runs to its version, only `pin` may be said.
  /// - Returns: the version that is live now: the old one when there was no draft.
  @discardableResult
  public func publish(
    _ stored: Stored, runs: InsideRuns = .pin, now: Timestamp, _ db: Connection
  ) throws -> Int64 {
    guard let document = stored.draft else {
      guard let live = stored.liveVersion else { throw MissingChain(id: stored.id) }
      if stored.status != .paused, stored.status != .live || runs == .pin { try makeLive(stored, now: now, db) }
      try VersionMove.begin(stored.number, to: live, runs, db)
      return live
    }
    return try add(document, to: stored, draft: nil, runs: runs, now: now, db)
  }

  /// Publishes the document of an earlier version as the next one. A draft stays a draft.
  /// - Returns: the version that is live now; nil when there is no version `version`.
  public func rollBack(
    _ stored: Stored, to version: Int64, runs: InsideRuns = .pin, now: Timestamp, _ db: Connection
  ) throws -> Int64? {
    guard let document = try document(stored.number, version: version, db) else { return nil }
    let draft = stored.draft == document ? nil : stored.draft
    return try add(document, to: stored, draft: draft, runs: runs, now: now, db)
  }

  /// The next version that is published.
  public func nextVersion(_ number: Int64, _ db: Connection) throws -> Int64 {
    let sql = "SELECT coalesce(max(version), 0) + 1 FROM chain_versions WHERE chain = $1"
    return try db.first(sql, [.int(number)]) { $0.int(0) } ?? 1
  }

  private func add(
    _ document: String, to stored: Stored, draft: String?, runs: InsideRuns, now: Timestamp, _ db: Connection
  ) throws -> Int64 {
    let version = try nextVersion(stored.number, db)
    try db.run(
      "INSERT INTO chain_versions (chain, version, document, published_at) VALUES ($1, $2, $3, $4)",
      [.int(stored.number), .int(version), .text(document), .int(now.milliseconds)])
    // A paused chain stays paused: publishing is no resuming.
    let sql = """
      UPDATE chains SET live_version = $2, draft = $4, revision = revision + 1, updated_at = $3,
        status = CASE WHEN status = 'paused' THEN 'paused' ELSE 'live' END
      WHERE number = $1
      """
    try db.run(sql, [.int(stored.number), .int(version), .int(now.milliseconds), .optional(draft)])
    try VersionMove.begin(stored.number, to: version, runs, db)
    // Out of the archive: what a pause before it had parked goes on with the chain.
    if stored.status != .live, stored.status != .paused { try Resumption.begin(stored.number, db) }
    return version
  }
}
