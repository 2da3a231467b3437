/// What SQLite itself can say of the file, and whether its tables are those that the migrations make.
public struct FileAudit {
  private struct Entry: Hashable {
    let type: String
    let name: String
    let sql: String
  }

  private let migrator: Migrator
  private let isQuick: Bool

  /// - Parameter isQuick: leaves out whether the indexes agree with their tables, which takes most of the time.
  public init(_ migrator: Migrator, isQuick: Bool = false) { (self.migrator, self.isQuick) = (migrator, isQuick) }

  /// Cost: every page is read; without `isQuick` every row is looked up in every index.
  public var audits: [Audit] {
    let (pragma, claim) =
      isQuick
      ? ("quick_check", "every page and every row can be read")
      : ("integrity_check", "every page and every row can be read, and indexes agree with their tables")
    return [
      Audit("pages", claim) { db, notes in
        try db.each("PRAGMA \(pragma)(\(AuditNotes.listed + 1))") { row in
          for line in row.text(0).split(separator: "\n") where line != "ok" && !line.hasPrefix("*** in database") {
            notes.find(String(line))
          }
          return true
        }
      },
      Audit("schema", "tables and indexes are those of its layout, and nothing foreign is among them") {
        [migrator] db, notes in
        let (wanted, found) = (try Self.entries(migrator.model()), try Self.entries(db))
        for entry in wanted.subtracting(found).sorted(by: { $0.name < $1.name }) {
          let altered = found.contains { $0.name == entry.name && $0.type == entry.type }
          notes.find("the \(entry.type) \(entry.name) \(altered ? "is not as it was made" : "is missing")")
        }
        for entry in found.subtracting(wanted).sorted(by: { $0.name < $1.name })
        where !wanted.contains(where: { $0.name == entry.name && $0.type == entry.type }) {
          notes.find("the \(entry.type) \(entry.name) is not of zveno's making")
        }
      },
    ]
  }

  private static func entries(_ db: Connection) throws -> Set<Entry> {
    let sql = "SELECT type, name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    return Set(try db.query(sql) { Entry(type: $0.text(0), name: $0.text(1), sql: $0.text(2)) })
  }
}
