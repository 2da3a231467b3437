import Domain
import SQL

/// How a rehearsal's database begins: the log stands where the live one stood, with nothing in it that could act.
enum Scratch {
  /// Ids of runs and messages from here on are the rehearsal's own; below are those of the live file.
  static let firstOwn: Int64 = 1 << 40

  /// - Parameters:
  ///   - types: rows of `event_types`.
  ///   - chains: number and id of all that there are.
  static func prepare(
    _ wish: RehearsalWish, _ span: PastSpan, types: [[SQLValue]], chains: [(number: Int64, id: String)],
    _ db: Connection
  ) throws {
    try db.transaction {
      try db.execute(tables)
      let columns = try PastTable.types.columns(db)
      for row in types { try db.run(PastTable.insertion(into: PastTable.types.name, columns), row) }
      for chain in chains {
        let sql =
          "INSERT INTO chains (number, id, status, revision, created_at, updated_at) VALUES ($1, $2, 'draft', 1, 0, 0)"
        try db.run(sql, [.int(chain.number), .text(chain.id)])
      }
      try db.run("INSERT INTO facts (name, value) VALUES ('engine.cursor', $1)", [.text(String(span.before))])
      if span.before > 0 { try mark(span.before, wish.from, db) }
      try db.run(run, [.int(firstOwn)])
      try db.run(message, [.int(firstOwn)])
    }
  }

  /// The log goes on after it.
  private static func mark(_ seq: Int64, _ from: Timestamp, _ db: Connection) throws {
    let type = try db.first("SELECT id FROM event_types ORDER BY id LIMIT 1", []) { $0.int(0) } ?? 0
    let sql = "INSERT INTO events (seq, accepted_at, at, type) VALUES ($1, $2, $2, $3)"
    try db.run(sql, [.int(seq), .int(from.milliseconds - 1), .int(type)])
  }

  private static let run = """
    INSERT INTO runs (id, chain, version, contact, key, once, exclusive, state, step, entered_at, entry_at, entry_seq,
      trigger_seq, step_at, step_seq, data, marks)
    VALUES ($1, 0, 0, 0, '', 0, 0, 'ended', 0, 0, 0, 0, 0, 0, 0, '{}', '{}')
    """
  private static let message = """
    INSERT INTO messages (id, run, chain, version, step, label, contact, channel, purpose, template, status, planned_at,
      expires_at)
    VALUES ($1, 0, 0, 0, 0, '', 0, '', 'marketing', '', 'skipped', 0, 0)
    """

  private static let tables = """
    -- Contacts whose past has been brought.
    CREATE TABLE past_contacts (contact INTEGER PRIMARY KEY);
    -- The newest rows of the live timeline, which it holds in the order of the log.
    CREATE TABLE past_fresh (contact INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (contact, seq)) WITHOUT ROWID;
    -- The chain's own messages of the time that is rehearsed.
    CREATE TABLE past_messages (
      contact    INTEGER NOT NULL,
      label      TEXT NOT NULL,
      entry      INTEGER NOT NULL,   -- seq of the event that entered its run
      entry_at   INTEGER NOT NULL,
      id         INTEGER NOT NULL,
      status     TEXT NOT NULL,
      planned_at INTEGER NOT NULL,
      sent_at    INTEGER,
      error      TEXT,
      PRIMARY KEY (contact, label, entry, id)
    ) WITHOUT ROWID;
    -- Changes of lists that the chain asks for, and whether the contact was on it after each.
    CREATE TABLE past_lists (
      contact   INTEGER NOT NULL,
      list      TEXT NOT NULL,
      seq       INTEGER NOT NULL,
      is_member INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (contact, list, seq)
    ) WITHOUT ROWID;
    -- Fields that the chain asks for, and whose have changed since the rehearsal's beginning.
    CREATE TABLE past_fields (field TEXT NOT NULL, contact INTEGER NOT NULL, PRIMARY KEY (field, contact)) WITHOUT ROWID;
    -- Which message of the rehearsal is which of those.
    CREATE TABLE rehearsed (past INTEGER PRIMARY KEY, message INTEGER NOT NULL);
    """
}
