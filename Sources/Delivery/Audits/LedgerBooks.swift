import Engine
import JSON
import SQL

/// The messages that there are and were, and the figures that count them.
struct LedgerBooks {
  private struct Outcome: Hashable {
    let chain: Int64
    let version: Int64
    let label: String
    let outcome: String
  }

  private struct Standing: Hashable {
    let channel: String
    let status: String
  }

  private static let ends: Set<String> = ["sent", "failed", "skipped", "unknown"]

  private var rows: [Outcome: Int64] = [:]
  private var standings: [Standing: Int64] = [:]

  /// - Parameter notes: gets told how far it has read.
  init(_ db: Connection, _ notes: AuditNotes) throws {
    let last = try db.first("SELECT max(id) FROM messages") { $0.int(0) } ?? 0
    var (rows, standings): ([Outcome: Int64], [Standing: Int64]) = ([:], [:])
    func add(_ row: Row, _ count: Int64) {
      let (chain, version, label, status) = (row.int(1), row.int(2), row.text(3), row.text(5))
      rows[Outcome(chain: chain, version: version, label: label, outcome: "planned"), default: 0] &+= count
      if Self.ends.contains(status) {
        rows[Outcome(chain: chain, version: version, label: label, outcome: status), default: 0] &+= count
      } else {
        rows[Outcome(chain: chain, version: version, label: label, outcome: Counters.pending), default: 0] &+= count
      }
      standings[Standing(channel: row.text(4), status: status), default: 0] &+= count
    }
    let sql = "SELECT id, chain, version, label, channel, status FROM messages ORDER BY id"
    try notes.walk(db, sql, to: last) { add($0, 1) }
    try db.each("SELECT count, chain, version, label, channel, status FROM retired_messages") { row in
      add(row, row.int(0))
      return true
    }
    (self.rows, self.standings) = (rows, standings)
  }

  func check(_ notes: AuditNotes, _ db: Connection) throws {
    let names = try ChainNames(db)
    let counted = try counted(db)
    for what in Set(rows.keys).union(counted.keys) where rows[what] ?? 0 != counted[what] ?? 0 {
      notes.find(
        "\(names[what.chain]) version \(what.version), \(what.label): \(rows[what] ?? 0) messages \(what.outcome), "
          + "\(counted[what] ?? 0) counted")
    }
    var figures: [Standing: Int64] = [:]
    try db.each("SELECT channel, status, count FROM message_counters") { row in
      figures[Standing(channel: row.text(0), status: row.text(1))] = row.int(2)
      return true
    }
    for what in Set(standings.keys).union(figures.keys) where standings[what] ?? 0 != figures[what] ?? 0 {
      notes.find(
        "\(what.channel): \(standings[what] ?? 0) messages \(what.status), \(figures[what] ?? 0) counted")
    }
  }

  /// What the engine has counted, and what it will when it has read the log's end: at any moment that is what there is.
  private func counted(_ db: Connection) throws -> [Outcome: Int64] {
    var counted: [Outcome: Int64] = [:]
    let figures = """
      SELECT chain, version, step, outcome, count FROM chain_counters
      WHERE step <> '' AND outcome IN ('planned', 'sent', 'failed', 'skipped', 'unknown', 'pending', 'unread')
      """
    try db.each(figures) { row in
      counted[Outcome(chain: row.int(0), version: row.int(1), label: row.text(2), outcome: row.text(3))] = row.int(4)
      return true
    }
    let unread = """
      SELECT m.chain, m.version, m.label, substr(t.name, 9), e.properties
      FROM events e JOIN event_types t ON t.id = e.type JOIN messages m ON m.id = e.message
      WHERE e.seq > $1 AND t.name IN ('message.sent', 'message.failed', 'message.skipped', 'message.unknown')
      """
    try db.each(unread, [.int(try Engine.readCursor(db))]) { row in
      func count(_ outcome: String, _ amount: Int64) {
        let what = Outcome(chain: row.int(0), version: row.int(1), label: row.text(2), outcome: outcome)
        counted[what, default: 0] &+= amount
      }
      count(row.text(3), 1)
      let properties = row.isNull(4) ? nil : try? JSONValue(parsing: row.textBytes(4))
      count(properties?["was"]?.string == "unknown" ? "unknown" : Counters.unread, -1)
      return true
    }
    return counted
  }
}
