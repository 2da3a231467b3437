public import SQL

/// What a data folder's file knows of itself, by name; each stage has names of its own.
public enum Facts {
  public static func read(_ name: String, _ db: Connection) throws -> String? {
    try db.first("SELECT value FROM facts WHERE name = $1", [.text(name)]) { $0.text(0) }
  }

  /// Inside a transaction.
  public static func write(_ name: String, _ value: String, _ db: Connection) throws {
    try db.run(
      "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      [.text(name), .text(value)])
  }
}
