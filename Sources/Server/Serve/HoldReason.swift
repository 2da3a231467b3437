import SQL

/// Why a file must not act before a person has looked: it may live elsewhere, too, and would send everything twice.
enum HoldReason {
  /// Inside the start's transaction; nil: go on.
  static func found(_ options: ServeOptions, _ origin: DataFolder.Origin, _ db: Connection) throws -> String? {
    if options.startsHeld { return "it was started with --held" }
    switch origin {
    case .new, .ours: return nil
    case .copied: return "the database in \(options.data) is a copy of the one that was here, or the folder was copied"
    case .unnoted:
      // A first start that a crash cut short has left nothing that could be sent.
      guard try hasWork(db) else { return nil }
      return "the folder \(options.data) has no note of an earlier run: its database may be a copy"
    }
  }

  private static func hasWork(_ db: Connection) throws -> Bool {
    for table in ["runs", "messages", "events"]
    where try db.first("SELECT 1 FROM \(table) LIMIT 1", [], { _ in true }) != nil { return true }
    return false
  }
}
