import Domain
import SQL

/// A contact's next coming into a chain by time: a row of `planned_entries`.
struct PlannedEntry: Equatable {
  let timetable: Int64
  let contact: Int64
  var occasion: Int64
  var due: Timestamp?
  var parked: Timestamp?
  /// `due` is the place that the schedule's rate gave it.
  var isPlaced = false
  /// The last occasion that was his.
  var done: Int64?
}

/// Rows of `planned_entries`. Only the calendar writes them.
struct PlannedEntries {
  private static let columns = "timetable, contact, occasion, due_at, parked_at, placed, done"
  private static let dueBefore = Query(
    """
    SELECT \(columns) FROM planned_entries WHERE due_at IS NOT NULL AND due_at < $1
    ORDER BY due_at, timetable, contact LIMIT $2
    """)
  private static let first = Query(
    "SELECT due_at FROM planned_entries WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1")
  private static let one = Query("SELECT \(columns) FROM planned_entries WHERE timetable = $1 AND contact = $2")
  private static let replacement = Query(
    """
    INSERT INTO planned_entries (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (timetable, contact) DO UPDATE SET occasion = excluded.occasion, due_at = excluded.due_at,
      parked_at = excluded.parked_at, placed = excluded.placed, done = excluded.done
    """)
  private static let removal = Query("DELETE FROM planned_entries WHERE timetable = $1 AND contact = $2")

  /// In the order in which they act: by time, then by timetable and contact.
  func due(before moment: Timestamp, limit: Int, _ db: Connection) throws -> [PlannedEntry] {
    let bind = { (statement: Statement) in
      statement.bind(1, moment.milliseconds)
      statement.bind(2, limit)
    }
    return try db.query(Self.dueBefore, bind, read: Self.read)
  }

  func nextDue(_ db: Connection) throws -> Timestamp? {
    try db.first(Self.first, { _ in }) { Timestamp(milliseconds: $0.int(0)) }
  }

  func entry(_ timetable: Int64, _ contact: Int64, _ db: Connection) throws -> PlannedEntry? {
    let bind = { (statement: Statement) in
      statement.bind(1, timetable)
      statement.bind(2, contact)
    }
    return try db.first(Self.one, bind, read: Self.read)
  }

  func put(_ entry: PlannedEntry, _ db: Connection) throws {
    try db.run(Self.replacement) { row in
      row.bind(1, entry.timetable)
      row.bind(2, entry.contact)
      row.bind(3, entry.occasion)
      row.bind(4, entry.due?.milliseconds)
      row.bind(5, entry.parked?.milliseconds)
      row.bind(6, entry.isPlaced)
      row.bind(7, entry.done)
    }
  }

  func delete(_ entry: PlannedEntry, _ db: Connection) throws {
    try db.run(Self.removal) { row in
      row.bind(1, entry.timetable)
      row.bind(2, entry.contact)
    }
  }

  func hasParked(_ timetable: Int64, _ db: Connection) throws -> Bool {
    let sql = "SELECT 1 FROM planned_entries WHERE timetable = $1 AND parked_at IS NOT NULL LIMIT 1"
    return try db.first(sql, [.int(timetable)]) { _ in true } ?? false
  }

  func isEmpty(_ timetable: Int64, _ db: Connection) throws -> Bool {
    try db.first("SELECT 1 FROM planned_entries WHERE timetable = $1 LIMIT 1", [.int(timetable)]) { _ in false } ?? true
  }

  /// What a pause had stopped is due again.
  /// - Returns: how many.
  func unpark(_ timetable: Int64, limit: Int, _ db: Connection) throws -> Int {
    let sql = """
      UPDATE planned_entries SET due_at = parked_at, parked_at = NULL WHERE timetable = $1 AND contact IN (
        SELECT contact FROM planned_entries WHERE timetable = $1 AND parked_at IS NOT NULL ORDER BY contact LIMIT $2)
      """
    return try db.run(sql, [.int(timetable), .int(limit)])
  }

  private static func read(_ row: Row) -> PlannedEntry {
    PlannedEntry(
      timetable: row.int(0), contact: row.int(1), occasion: row.int(2),
      due: row.optionalInt(3).map { Timestamp(milliseconds: $0) },
      parked: row.optionalInt(4).map { Timestamp(milliseconds: $0) }, isPlaced: row.bool(5), done: row.optionalInt(6))
  }
}
