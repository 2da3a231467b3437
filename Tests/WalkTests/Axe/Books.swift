import SQL
import Testing

/// Reads the file of a server that has stopped, after everything has settled, and compares it with what the world
/// outside knows.
struct Books {
  private let db: Connection

  init(_ path: String) throws { db = try Connection(path: path, mode: .reader) }

  func checkFile() throws {
    let found = try db.query("PRAGMA integrity_check") { $0.text(0) }
    #expect(found == ["ok"])
  }

  /// What was acknowledged has come into the log, each id once; and nothing else did.
  /// - Parameter recent: of it, what no retention has deleted yet.
  func checkEvents(_ acknowledged: [Posted], recent: [Posted]) throws {
    let stored = try db.query("SELECT id FROM events WHERE id IS NOT NULL") { $0.text(0) }
    let (sent, kept) = (Set(acknowledged.map(\.id)), Set(stored))
    let lost = Set(recent.map(\.id)).subtracting(kept)
    #expect(lost.isEmpty, "acknowledged and lost: \(lost.sorted().prefix(5))")
    #expect(kept.subtracting(sent).isEmpty, "stored and never sent: \(kept.subtracting(sent).sorted().prefix(5))")
    #expect(stored.count == kept.count, "stored twice: \(Self.repeated(stored).prefix(5))")
    guard recent.count < acknowledged.count else { return }
    let counted = Dictionary(
      uniqueKeysWithValues: try db.query("SELECT name, accepted FROM event_types") { ($0.text(0), Int($0.int(1))) })
    // Some were acknowledged twice: on their way still when they were sent again.
    for (kind, events) in Dictionary(grouping: Set(acknowledged), by: \.kind) {
      #expect(counted[kind.rawValue] == events.count, "\(kind): acknowledged, and ever stored")
    }
  }

  /// Events that were posted without an id of their own.
  func events(ofType type: String) throws -> Int {
    let sql = "SELECT count(*) FROM events e JOIN event_types t ON t.id = e.type WHERE t.name = $1 AND e.id IS NULL"
    return Int(try db.first(sql, [.text(type)]) { $0.int(0) } ?? 0)
  }

  /// At least these stand in the log.
  func checkEvents(contain events: [Posted]) throws {
    let stored = Set(try db.query("SELECT id FROM events WHERE id IS NOT NULL") { $0.text(0) })
    let missing = Set(events.map(\.id)).subtracting(stored)
    #expect(missing.isEmpty, "acknowledged and not there: \(missing.sorted().prefix(5))")
  }

  /// Each event had one effect, and no letter left that the ledger does not know or did not report.
  /// - Parameter recent: the events whose messages no retention has deleted yet.
  func checkMessages(_ acknowledged: [Posted], recent: [Posted], taken: [Taken]) throws {
    let rows = try db.query(
      """
      SELECT m.id, m.status, m.attempts, r.key, c.id FROM messages m
      JOIN runs r ON r.id = m.run JOIN chains c ON c.number = m.chain ORDER BY m.id
      """
    ) { (id: $0.int(0), status: $0.text(1), attempts: Int($0.int(2)), event: $0.text(3), chain: $0.text(4)) }
    func effects(_ events: [Posted]) -> Set<String> {
      Set(events.filter { $0.kind != .page }.map { "\($0.kind) \($0.id)" })
    }
    let (due, planned) = (effects(acknowledged), Set(rows.map { "\($0.chain) \($0.event)" }))
    let (missing, excess) = (effects(recent).subtracting(planned).sorted(), planned.subtracting(due).sorted())
    #expect(missing.isEmpty, "\(missing.count) events without effect")
    #expect(excess.isEmpty, "\(excess.count) effects without an event")
    #expect(planned.count == rows.count, "two effects of one event")
    #expect(try figure("outcome = 'entered'") == due.count, "runs that ever were")
    #expect(try figure("outcome = 'planned'") == due.count, "messages that ever were")
    let letters = Dictionary(grouping: taken, by: \.message)
    var wrong: [String] = []
    for row in rows {
      let copies = letters[row.id] ?? []
      // The sink refuses nothing, so nothing is a reason for a second try: what a kill has cut off is unknown.
      let most = row.status == "skipped" || row.status == "failed" && row.attempts == 0 ? 0 : 1
      let least = row.status == "sent" ? 1 : 0
      if copies.count < least || copies.count > most || copies.contains(where: { $0.event != row.event }) {
        wrong.append("\(row): \(copies)")
      }
    }
    #expect(wrong.isEmpty, "\(wrong.count) of \(rows.count): \(wrong.prefix(3))")
    let known = Set(rows.map(\.id))
    let old = Set(acknowledged.map(\.id)).subtracting(recent.map(\.id))
    let strange = taken.filter { !known.contains($0.message) && !old.contains($0.event) }.map(\.message)
    #expect(letters.values.allSatisfy { $0.count == 1 }, "a letter came twice")
    #expect(strange.isEmpty, "letters that the ledger does not know: \(strange.sorted().prefix(5))")
  }

  /// Messages that are not over, by chain and step.
  func pending() throws -> [String: Int] {
    let sql = """
      SELECT c.id || ' ' || m.label, count(*) FROM messages m JOIN chains c ON c.number = m.chain
      WHERE m.status IN ('planned', 'sending') GROUP BY 1
      """
    return Dictionary(uniqueKeysWithValues: try db.query(sql) { ($0.text(0), Int($0.int(1))) })
  }

  /// planned = sent + failed + skipped + unknown + pending, as counted and as written, and nothing is stuck.
  func checkFigures() throws {
    let unequal = try db.query(
      """
      SELECT chain || '/' || label || ': ' || sum(planned) || ' planned, ' || sum(ended) || ' ended, ' || sum(rows)
      FROM (
        SELECT chain, step AS label, iif(outcome = 'planned', count, 0) AS planned,
          iif(outcome IN ('sent', 'failed', 'skipped', 'unknown'), count, 0) AS ended, 0 AS rows
        FROM chain_counters WHERE step <> ''
        UNION ALL SELECT chain, label, 0, 0, 1 FROM messages
        UNION ALL SELECT chain, label, 0, 0, count FROM retired_messages)
      GROUP BY chain, label HAVING sum(rows) > 0 AND (sum(planned) <> sum(ended) OR sum(planned) <> sum(rows))
      """
    ) { $0.text(0) }
    #expect(unequal.isEmpty)
    let open = try db.query(
      "SELECT step || ': ' || count FROM chain_counters WHERE outcome IN ('pending', 'unread') AND count <> 0"
    ) { $0.text(0) }
    #expect(open.isEmpty, "counted as not over: \(open)")
    let waiting = try db.query(
      """
      SELECT 'run ' || id FROM runs WHERE state = 'active'
      UNION ALL SELECT 'message ' || id FROM messages WHERE status IN ('planned', 'sending')
      """
    ) { $0.text(0) }
    #expect(waiting.isEmpty, "stuck: \(waiting.prefix(5))")
  }

  /// What retention has deleted.
  func deleted() throws -> (events: Int, messages: Int) {
    func number(_ sql: String) throws -> Int { Int(try db.first(sql) { $0.int(0) } ?? 0) }
    let accepted = try number("SELECT sum(accepted) FROM event_types")
    return (
      accepted - (try number("SELECT count(*) FROM events")), try number("SELECT sum(count) FROM retired_messages")
    )
  }

  private func figure(_ condition: String) throws -> Int {
    Int(try db.first("SELECT sum(count) FROM chain_counters WHERE \(condition)") { $0.int(0) } ?? 0)
  }

  private static func repeated(_ ids: [String]) -> [String] {
    Dictionary(grouping: ids) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
  }
}
