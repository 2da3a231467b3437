/// Statements by their text, the least recently used one dropped when full. A statement in use is not in here:
/// the same text inside its own loop gets a second one.
struct StatementCache {
  private struct Entry {
    let statement: Statement
    var lastUse: UInt64
  }

  private let capacity: Int
  private var entries: [String: Entry] = [:]
  private var uses: UInt64 = 0

  init(capacity: Int) { self.capacity = capacity }

  mutating func take(_ sql: String) -> Statement? {
    entries.removeValue(forKey: sql)?.statement
  }

  mutating func putBack(_ statement: Statement, _ sql: String) {
    uses += 1
    if entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      entries[oldest.key] = nil
    }
    entries[sql] = Entry(statement: statement, lastUse: uses)
  }

  mutating func removeAll() { entries.removeAll() }
}
