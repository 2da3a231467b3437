import SQL

/// Whose past is another's.
extension Timeline {
  /// More rows than that do not move at once: then it is what conditions look at, the newest of each type.
  static let movedAtOnce = 20_000

  /// From here on the past of `contact` is read as the other's. On the writer's thread, in a transaction.
  /// - Returns: whether older rows are left, which `moveSlice` moves.
  func merge(_ contact: Int64, into survivor: Int64, _ db: Connection) throws -> Bool {
    mergeFresh(contact, into: survivor, db)
    let count = try db.first(
      "SELECT count(*) FROM (SELECT 1 FROM timeline WHERE contact = $1 LIMIT $2)",
      [.int(contact), .int(Self.movedAtOnce + 1)]
    ) { Int($0.int(0)) }
    guard let count, count > Self.movedAtOnce else {
      try move(contact, to: survivor, [], db)
      return false
    }
    for type in try types(of: contact, db) {
      let oldest = try db.first(
        """
        SELECT at, seq FROM timeline WHERE contact = $1 AND type = $2 ORDER BY at DESC, seq DESC LIMIT 1 OFFSET $3
        """, [.int(contact), .int(type), .int(TimelineEvents.limit - 1)]
      ) { [$0.int(0), $0.int(1)] }
      let from = (oldest ?? [.min, .min]).map { SQLValue.int($0) }
      try move(contact, to: survivor, where: "type = $3 AND (at, seq) >= ($4, $5)", [.int(type)] + from, db)
    }
    hasMoves = true
    return true
  }

  /// Moves a slice of what merges have left.
  /// - Returns: whether there is more.
  func moveSlice(_ db: Connection) throws -> Bool {
    guard hasMoves else { return false }
    let next = try db.first("SELECT contact, survivor FROM merged_contacts WHERE rest = 1 ORDER BY contact LIMIT 1", [])
    {
      ($0.int(0), $0.int(1))
    }
    guard let (contact, survivor) = next else {
      // Whatever this transaction has moved is moved once more should it be lost.
      db.onRollback { [self] in hasMoves = true }
      hasMoves = false
      return false
    }
    let last = try db.first(
      "SELECT type, at, seq FROM timeline WHERE contact = $1 ORDER BY type, at, seq LIMIT 1 OFFSET $2",
      [.int(contact), .int(settings.rowsPerSlice - 1)]
    ) { [$0.int(0), $0.int(1), $0.int(2)] }
    let through = (last ?? [.max, .max, .max]).map { SQLValue.int($0) }
    try move(contact, to: survivor, where: "(type, at, seq) <= ($3, $4, $5)", through, db)
    if last == nil { try db.run("UPDATE merged_contacts SET rest = 0 WHERE contact = $1", [.int(contact)]) }
    return true
  }

  private func move(
    _ contact: Int64, to survivor: Int64, where rows: String = "1 = 1", _ more: [SQLValue], _ db: Connection
  ) throws {
    try db.run(
      """
      INSERT INTO timeline (contact, type, at, seq)
        SELECT $2, type, at, seq FROM timeline WHERE contact = $1 AND \(rows)
      ON CONFLICT DO NOTHING
      """, [.int(contact), .int(survivor)] + more)
    try db.run(
      "DELETE FROM timeline WHERE contact = $1 AND contact <> $2 AND \(rows)", [.int(contact), .int(survivor)] + more)
  }

  private func types(of contact: Int64, _ db: Connection) throws -> [Int64] {
    var types: [Int64] = []
    while let next = try db.first(
      "SELECT type FROM timeline WHERE contact = $1 AND type > $2 ORDER BY type LIMIT 1",
      [.int(contact), .int(types.last ?? .min)], { $0.int(0) })
    {
      types.append(next)
    }
    return types
  }
}
