public import SQL

/// How far deleting has come, in the file: numbers by name.
public enum RetentionProgress {
  /// 0 where there is none.
  public static func read(_ name: String, _ db: Connection) throws -> Int64 {
    try db.first("SELECT value FROM retention_progress WHERE name = $1", [.text(name)]) { $0.int(0) } ?? 0
  }

  public static func write(_ name: String, _ value: Int64, _ db: Connection) throws {
    let sql = """
      INSERT INTO retention_progress (name, value) VALUES ($1, $2)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value
      """
    try db.run(sql, [.text(name), .int(value)])
  }

  /// Whether retention has ever deleted from this file.
  public static func hasDeleted(_ db: Connection) throws -> Bool {
    try db.first("SELECT 1 FROM retention_progress WHERE value > 0 LIMIT 1") { _ in true } ?? false
  }
}
