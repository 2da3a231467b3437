import JSON
public import SQL

/// Which attributes the newest contacts have.
public enum SeenAttributes {
  static let mostContacts = 1_000
  static let mostNames = 1_000
  /// Of attributes that are parsed.
  static let mostBytes = 8 << 20

  /// How many contacts were looked at, and what they have. Cost: bounded, some milliseconds.
  public static func read(_ db: Connection) throws -> (contacts: Int, names: Set<String>) {
    var (contacts, names, bytes): (Int, Set<String>, Int) = (0, [], 0)
    try db.each(
      "SELECT attributes FROM contacts ORDER BY id DESC LIMIT $1", [.int(Int64(mostContacts))]
    ) { row in
      contacts += 1
      let text = row.textBytes(0)
      bytes += text.count
      for member in (try? JSONDocument(parsing: text).root.members) ?? [] where names.count < mostNames {
        names.insert(member.key)
      }
      return bytes < mostBytes
    }
    return (contacts, names)
  }
}
