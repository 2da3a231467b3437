import SQL

/// A table that is copied as it is now, in slices by its key.
struct PastTable: Sendable {
  let name: String
  let key: [String]

  /// Whose event it is, and whom messages may reach.
  static let identities = [
    PastTable(name: "contacts", key: ["id"]), PastTable(name: "contact_keys", key: ["kind", "value"]),
    PastTable(name: "consents", key: ["contact", "channel", "purpose"]),
    PastTable(name: "suppressions", key: ["address", "channel", "purpose"]),
    PastTable(name: "list_members", key: ["list", "contact"]),
    PastTable(name: "relations", key: ["contact", "kind", "other"]),
    PastTable(name: "rfm_boundaries", key: ["version"]),
    PastTable(name: "segment_averages", key: ["segment", "type", "condition", "computed_at"]),
  ]
  static let types = PastTable(name: "event_types", key: ["id"])

  private static let slice = 1_000

  func columns(_ db: Connection) throws -> [String] {
    try db.query("SELECT name FROM pragma_table_info($1) ORDER BY cid", [.text(name)]) { $0.text(0) }
  }

  /// The rows after `key`, as many as a slice holds.
  func rows(_ columns: [String], after last: [SQLValue]?, _ db: Connection) throws -> [[SQLValue]] {
    let order = key.joined(separator: ", ")
    var sql = "SELECT \(columns.joined(separator: ", ")) FROM \(name)"
    if last != nil {
      sql += " WHERE (\(order)) > (\((1...key.count).map { "$\($0)" }.joined(separator: ", ")))"
    }
    return try db.query("\(sql) ORDER BY \(order) LIMIT \(Self.slice)", last ?? []) { $0.values }
  }

  func key(of row: [SQLValue], _ columns: [String]) -> [SQLValue] {
    key.compactMap { columns.firstIndex(of: $0).map { row[$0] } }
  }

  /// All of it, a slice at a time.
  /// - Parameter pause: called after each slice.
  func copy(from past: any Past, to db: Connection, pause: () throws -> Void) throws {
    let columns = try columns(db)
    let insertion = Self.insertion(into: name, columns)
    var last: [SQLValue]?
    while true {
      let rows = try past.read { [last] in try self.rows(columns, after: last, $0) }
      try db.transaction { for row in rows { try db.run(insertion, row) } }
      guard rows.count == Self.slice, let end = rows.last else { return }
      last = key(of: end, columns)
      try pause()
    }
  }

  /// What is there already stays.
  static func insertion(into table: String, _ columns: [String]) -> String {
    let places = (1...columns.count).map { "$\($0)" }.joined(separator: ", ")
    return "INSERT OR IGNORE INTO \(table) (\(columns.map { "\"\($0)\"" }.joined(separator: ", "))) VALUES (\(places))"
  }
}
