public import Domain
public import SQL

/// Events of people who were erased.
extension EventLog {
  /// A condition on events: it names nobody, since it was erased.
  public static let isBlank = """
    (contact IS NULL AND external_id IS NULL AND email IS NULL AND phone IS NULL AND anonymous_id IS NULL)
    """

  /// The event goes; the log's last, whose seq the next one follows, stays without its content and goes by its age.
  public func erase(_ seq: Int64, _ db: Connection) throws {
    if seq < lastSeq {
      try db.run("DELETE FROM events WHERE seq = $1", [.int(seq)])
    } else {
      let sql = """
        UPDATE events SET id = NULL, external_id = NULL, email = NULL, phone = NULL, anonymous_id = NULL, contact = NULL,
          message = NULL, properties = NULL WHERE seq = $1
        """
      try db.run(sql, [.int(seq)])
    }
    try db.run("DELETE FROM kept_events WHERE seq = $1", [.int(seq)])
  }

  /// The keys that are left of an event in which others were named, who were erased.
  public func keep(_ keys: ContactKeys, of seq: Int64, _ db: Connection) throws {
    try db.run(
      "UPDATE events SET external_id = $2, email = $3, phone = $4, anonymous_id = $5 WHERE seq = $1",
      [
        .int(seq), .optional(keys.id), .optional(keys.email), .optional(keys.phone), .optional(keys.anonymousID),
      ])
  }

  /// From here on audits know that events may be missing.
  public static func noteErasure(_ db: Connection) throws { try RetentionProgress.write("erased", 1, db) }
}
