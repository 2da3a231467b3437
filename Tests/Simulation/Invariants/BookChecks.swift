import Engine
import SQL

/// The figures: in the file they agree with the rows they count, in memory with the file.
struct BookChecks {
  private let db: Connection

  init(_ db: Connection) { self.db = db }

  /// At any moment: every message was counted when it was planned, and stands in one status.
  func checkPlanned() throws {
    try none(
      "every planned message is counted", "chain, version, label, rows, counted",
      """
      SELECT chain, version, label, sum(n) AS rows,
        coalesce((SELECT c.count FROM chain_counters c WHERE c.chain = m.chain AND c.version = m.version
          AND c.step = m.label AND c.outcome = 'planned'), 0) AS counted
      FROM (
        SELECT chain, version, label, 1 AS n FROM messages
        UNION ALL SELECT chain, version, label, count FROM retired_messages) m
      GROUP BY chain, version, label HAVING rows <> counted LIMIT 1
      """)
    try none(
      "every message that is not over is counted", "chain, version, label, rows, counted",
      """
      SELECT chain, version, label, sum(r) AS rows, sum(c) AS counted FROM (
        SELECT chain, version, label, 1 AS r, 0 AS c FROM messages WHERE status IN ('planned', 'sending')
        UNION ALL SELECT chain, version, step, 0, count FROM chain_counters WHERE outcome = 'pending')
      GROUP BY chain, version, label HAVING rows <> counted LIMIT 1
      """)
    try none(
      "the books balance", "chain, version, step, excess",
      """
      SELECT chain, version, step, sum(iif(outcome = 'planned', count, -count)) AS excess FROM chain_counters
      WHERE step <> '' AND outcome IN ('planned', 'sent', 'failed', 'skipped', 'unknown', 'pending', 'unread')
      GROUP BY chain, version, step HAVING excess <> 0 LIMIT 1
      """)
    try none(
      "messages are counted by status", "channel, status, rows, counted",
      """
      SELECT channel, status, rows, counted FROM (
        SELECT channel, status, sum(r) AS rows, sum(c) AS counted FROM (
          SELECT channel, status, count(*) AS r, 0 AS c FROM messages GROUP BY channel, status
          UNION ALL SELECT channel, status, count, 0 FROM retired_messages
          UNION ALL SELECT channel, status, 0, count FROM message_counters)
        GROUP BY channel, status) WHERE rows <> counted LIMIT 1
      """)
  }

  /// With the log read to its end: planned = sent + failed + skipped + unknown + pending, for each step.
  func checkBooks() throws {
    try none(
      "the books balance", "chain, version, label, outcome, rows, counted",
      """
      SELECT chain, version, label, outcome, rows, counted FROM (
        SELECT chain, version, label, outcome, sum(r) AS rows, sum(c) AS counted FROM (
          SELECT chain, version, label, status AS outcome, count(*) AS r, 0 AS c FROM messages
          WHERE status IN ('sent', 'failed', 'skipped', 'unknown') GROUP BY chain, version, label, status
          UNION ALL SELECT chain, version, label, status, count, 0 FROM retired_messages
          UNION ALL SELECT chain, version, step, outcome, 0, count FROM chain_counters
          WHERE step <> '' AND outcome IN ('sent', 'failed', 'skipped', 'unknown'))
        GROUP BY chain, version, label, outcome) WHERE rows <> counted LIMIT 1
      """)
    try none(
      "entries and ends are counted", "chain, version, outcome, rows, counted",
      """
      SELECT chain, version, outcome, rows, counted FROM (
        SELECT chain, version, outcome, sum(r) AS rows, sum(c) AS counted FROM (
          SELECT chain, version, 'entered' AS outcome, count(*) AS r, 0 AS c FROM runs GROUP BY chain, version
          UNION ALL SELECT chain, version, reason, count(*), 0 FROM runs WHERE state = 'ended' GROUP BY chain, version, reason
          UNION ALL SELECT chain, version, 'entered', count, 0 FROM retired_runs
          UNION ALL SELECT chain, version, reason, count, 0 FROM retired_runs
          UNION ALL SELECT chain, version, 'entered', 0, CASE outcome WHEN 'followed' THEN -count ELSE count END
          FROM chain_counters WHERE step = '' AND outcome IN ('followed', 'joined')
          UNION ALL SELECT chain, version, outcome, 0, count FROM chain_counters
          WHERE step = '' AND outcome NOT IN ('followed', 'joined',
            'goal', 'goal_value', 'held_out', 'held_out_goal', 'held_out_goal_value', 'too_often'))
        GROUP BY chain, version, outcome) WHERE rows <> counted LIMIT 1
      """)
  }

  /// What `/metrics` shows is what is on disk.
  func checkMemory(_ counters: Counters) throws {
    var chains: [Counters.Key: Int64] = [:]
    try db.each("SELECT chain, version, step, outcome, count FROM chain_counters WHERE count <> 0") { row in
      let key = Counters.Key(chain: row.int(0), version: row.int(1), step: row.text(2), outcome: row.text(3))
      chains[key] = row.int(4)
      return true
    }
    guard chains == counters.chains.filter({ $0.value != 0 }) else {
      throw Violation("figures in memory are those of the file", "chains")
    }
    let messages = try db.query("SELECT channel, status, count FROM message_counters WHERE count <> 0") {
      "\($0.text(0)) \($0.text(1)) \($0.int(2))"
    }
    let inMemory = counters.messages.filter { $0.value != 0 }.map { "\($0.key.channel) \($0.key.status) \($0.value)" }
    guard Set(messages) == Set(inMemory) else {
      throw Violation("figures in memory are those of the file", "messages: \(inMemory), in the file \(messages)")
    }
  }

  private func none(_ invariant: String, _ columns: String, _ sql: String) throws {
    let found = try db.first("SELECT json_array(\(columns)) FROM (\(sql))", []) { $0.text(0) }
    if let found { throw Violation(invariant, found) }
  }
}
