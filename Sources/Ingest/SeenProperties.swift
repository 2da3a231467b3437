public import Domain
import JSON
public import SQL

/// Which properties the newest events of each type had: read back from the log's end when a chain is looked at, so that
/// intake does nothing for it.
public enum SeenProperties {
  static let mostEvents = 20_000
  static let mostOfType = 200
  static let mostNames = 256
  static let mostNameBytes = 64
  /// Of properties that are parsed.
  static let mostBytes = 8 << 20

  /// By type. Cost: bounded, some 10 ms for a log that is longer than `mostEvents`.
  public static func read(_ db: Connection) throws -> [String: SeenNames.Events] {
    var (seen, bytes): ([String: SeenNames.Events], Int) = ([:], 0)
    try db.each(
      """
      SELECT event_types.name, events.properties FROM events JOIN event_types ON event_types.id = events.type
      ORDER BY events.seq DESC LIMIT $1
      """, [.int(Int64(mostEvents))]
    ) { row in
      let type = row.text(0)
      guard seen[type, default: SeenNames.Events()].count < mostOfType else { return true }
      seen[type, default: SeenNames.Events()].count += 1
      let text = row.textBytes(1)
      bytes += text.count
      add(text, to: &seen[type, default: SeenNames.Events()].properties)
      return bytes < mostBytes
    }
    return seen
  }

  private static func add(_ text: [UInt8], to names: inout Set<String>) {
    guard !text.isEmpty, let root = try? JSONDocument(parsing: text).root else { return }
    for member in root.members where names.count < mostNames && member.keyBytes.count <= mostNameBytes {
      names.insert(member.key)
    }
  }
}
