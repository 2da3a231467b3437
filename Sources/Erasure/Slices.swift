import Engine
import Ingest
import JSON
import SQL

/// The rows of an erased contact that may be many, a slice at a time. Each call deletes at most `limit` and says how many;
/// 0: none are left.
struct Slices {
  let log: EventLog
  let timeline: Timeline
  let contact: Int64
  let db: Connection

  /// Messages with their tasks. They stay in the books; the newest, whose ids must not be given again, stay without content.
  func messages(_ limit: Int) throws -> (rows: Int, tasks: Int, husks: Bool) {
    let last = try newest("messages")
    let lastTask = try newest("tasks")
    let ids = try db.query(
      """
      SELECT id FROM messages m WHERE contact = $1 AND id < $2
        AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.message = m.id AND t.id = $3) ORDER BY id LIMIT $4
      """, [.int(contact), .int(last), .int(lastTask), .int(limit)]
    ) { $0.int(0) }
    var tasks = 0
    for id in ids {
      try db.run(
        """
        INSERT INTO retired_messages (chain, version, label, channel, status, count)
        SELECT chain, version, label, channel, status, 1 FROM messages WHERE id = $1
        ON CONFLICT (chain, version, label, channel, status) DO UPDATE SET count = count + 1
        """, [.int(id)])
      tasks += try db.run("DELETE FROM tasks WHERE message = $1", [.int(id)])
      try db.run("DELETE FROM messages WHERE id = $1", [.int(id)])
    }
    guard ids.isEmpty else { return (ids.count, tasks, false) }
    try blankTasks("contact = $1", status: "expired")
    let husks = try db.run(
      """
      UPDATE messages SET address = NULL, "values" = NULL, provider_id = NULL, error = NULL WHERE contact = $1
      """, [.int(contact)])
    return (0, tasks, husks > 0)
  }

  private func blankTasks(_ condition: String, status: String) throws {
    try db.run(
      """
      UPDATE tasks SET address = '', subject = NULL, text = '', note = NULL, operator = NULL, status = '\(status)'
      WHERE message IN (SELECT id FROM messages WHERE \(condition))
      """, [.int(contact)])
  }

  /// Runs with their moves, once their messages are gone.
  func runs(_ limit: Int) throws -> (rows: Int, husks: Bool) {
    let ids = try db.query(
      """
      SELECT id FROM runs r WHERE contact = $1 AND id < $2
        AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.run = r.id) ORDER BY id LIMIT $3
      """, [.int(contact), .int(try newest("runs")), .int(limit)]
    ) { $0.int(0) }
    for id in ids {
      try db.run(
        """
        INSERT INTO retired_runs (chain, version, reason, count)
        SELECT chain, version, coalesce(reason, ''), 1 FROM runs WHERE id = $1
        ON CONFLICT (chain, version, reason) DO UPDATE SET count = count + 1
        """, [.int(id)])
      try forgetTrigger(of: id)
      try db.run("DELETE FROM run_moves WHERE run = $1", [.int(id)])
      try db.run("DELETE FROM runs WHERE id = $1", [.int(id)])
    }
    guard ids.isEmpty else { return (ids.count, false) }
    let left = try db.query("SELECT id FROM runs WHERE contact = $1", [.int(contact)]) { $0.int(0) }
    for id in left { try blankRun(id) }
    return (0, !left.isEmpty)
  }

  /// Its trigger may be in no timeline: retention keeps for a run what it deletes elsewhere.
  private func forgetTrigger(of run: Int64) throws {
    let own = try db.first(
      "SELECT trigger_seq FROM runs WHERE id = $1 AND (contact = $2) = (actor IS NULL)", [.int(run), .int(contact)]
    ) { $0.int(0) }
    if let own, try log.event(own, db) != nil { try log.erase(own, db) }
  }

  private func blankRun(_ run: Int64) throws {
    try forgetTrigger(of: run)
    try db.run("DELETE FROM run_moves WHERE run = $1", [.int(run)])
    try db.run(
      """
      UPDATE runs SET key = 'erased ' || id, data = '{}', marks = '{}', variants = '{}', actor = NULL, once = 0
      WHERE id = $1
      """, [.int(run)])
  }

  /// What others got because of him: their runs and messages stay, without what they say of him.
  func others(_ limit: Int) throws -> Int {
    let runs = try db.query(
      "SELECT id FROM runs WHERE actor = $1 AND contact <> $1 ORDER BY id LIMIT $2", [.int(contact), .int(limit)]
    ) { $0.int(0) }
    for run in runs {
      try db.run("UPDATE messages SET \"values\" = NULL WHERE run = $1", [.int(run)])
      try db.run(
        "UPDATE tasks SET subject = NULL, text = '' WHERE message IN (SELECT id FROM messages WHERE run = $1)",
        [.int(run)])
      try db.run(
        "DELETE FROM offers WHERE run = $1 AND contact = (SELECT contact FROM runs WHERE id = $1)", [.int(run)])
      try blankRun(run)
    }
    return runs.count
  }

  /// Those who stood in a relation to him are told: what asks for it looks again.
  func relations(_ limit: Int, now: Int64) throws -> Int {
    let rows = try db.query(
      "SELECT contact, kind FROM relations WHERE other = $1 ORDER BY contact, kind LIMIT $2",
      [.int(contact), .int(limit)]
    ) { ($0.int(0), $0.text(1)) }
    for (other, kind) in rows {
      try db.run(
        "DELETE FROM relations WHERE contact = $1 AND kind = $2 AND other = $3",
        [.int(other), .text(kind), .int(contact)])
    }
    let said = rows.map { ContactEvent.updated($0.0, fields: ["relations." + $0.1]) }
    if !said.isEmpty { try log.append(own: said, now: now, db) }
    return rows.count
  }

  /// Events with their places in the timeline.
  /// - Parameter fresh: those whose places are not merged yet, as far as they are still to go.
  func events(_ limit: Int, fresh: inout [Int64]) throws -> Int {
    let last = fresh.suffix(limit)
    for seq in last {
      try Timeline.deleteFresh(seq, db)
      try erase(seq)
    }
    fresh.removeLast(last.count)
    let places = try db.query(
      """
      SELECT type, at, seq, contact FROM timeline
      WHERE contact = $1 OR contact IN (SELECT contact FROM merged_contacts WHERE survivor = $1 AND rest = 1) LIMIT $2
      """, [.int(contact), .int(limit)]
    ) { ($0.int(0), $0.int(1), $0.int(2), $0.int(3)) }
    for (type, at, seq, contact) in places {
      try db.run(
        "DELETE FROM timeline WHERE contact = $1 AND type = $2 AND at = $3 AND seq = $4",
        [.int(contact), .int(type), .int(at), .int(seq)])
      try erase(seq)
    }
    if !last.isEmpty || !places.isEmpty { try EventLog.noteErasure(db) }
    return last.count + places.count
  }

  private func erase(_ seq: Int64) throws { if try isHis(seq) { try log.erase(seq, db) } }

  /// An event that is erased already has no keys.
  private func isHis(_ seq: Int64) throws -> Bool {
    let sql = "SELECT 1 FROM events WHERE seq = $1 AND NOT \(EventLog.isBlank)"
    return try db.first(sql, [.int(seq)]) { _ in true } ?? false
  }

  private func newest(_ table: String) throws -> Int64 {
    try db.first("SELECT max(id) FROM \(table)") { $0.int(0) } ?? 0
  }
}
