import SQL

/// Which entries were left aside, for people who ask why: where one ended the server's process again and again, it is
/// not judged anew to tell them.
enum EntriesLeftAside {
  private static func name(_ chain: Int64, _ seq: Int64) -> String { "engine.left_aside.\(chain).\(seq)" }

  static func record(_ chain: Int64, seq: Int64, ends: Int64, _ db: Connection) throws {
    try Facts.write(name(chain, seq), String(ends), db)
  }

  /// How often the process had ended; nil: the entry was decided.
  static func ends(_ chain: Int64, seq: Int64, _ db: Connection) throws -> Int64? {
    try Facts.read(name(chain, seq), db).flatMap { Int64($0) }
  }
}
