import Domain
import SQL

extension MessageRequests {
  /// What a live edit has to know of a message.
  private struct Row {
    let id: Int64
    let version: Int64
    let label: String
    let step: Int
    let channel: String
    let isPlanned: Bool
    let plannedAt: Timestamp
    /// As it is, or as a pause has parked it.
    let dueAt: Timestamp?
    let template: String

    init(_ row: SQL.Row) {
      (id, version, label, step) = (row.int(0), row.int(1), row.text(2), Int(row.int(3)))
      (channel, isPlanned) = (row.text(4), row.bool(5))
      plannedAt = Timestamp(milliseconds: row.int(6))
      dueAt = row.optionalInt(7).map { Timestamp(milliseconds: $0) }
      template = row.text(8)
    }
  }

  private static let ofRun = Query(
    """
    SELECT id, version, label, step, channel, status = 'planned', planned_at, coalesce(due_at, parked_at), template
    FROM messages WHERE run = $1 AND step >= 0
    """)
  private static let renumbering = Query("UPDATE messages SET step = $2 WHERE id = $1")
  private static let replanning = Query(
    """
    UPDATE messages SET version = $2, label = $3, channel = $4, purpose = $5, template = $6, expires_at = $7,
      due_at = CASE WHEN due_at IS NOT NULL THEN $8 END, parked_at = CASE WHEN parked_at IS NOT NULL THEN $8 END
    WHERE id = $1
    """)

  /// The messages of a run that an edit takes to the version `new`: each belongs to the step that is now its own. Those
  /// that have not left are planned as the new version has it, and taken back where their step is gone.
  func follow(
    _ run: Run, _ edit: Edit, _ rules: Rules, in zone: Zone, now: Int64, _ db: Connection
  ) throws {
    let rows = try db.query(Self.ofRun, { $0.bind(1, run.id) }, read: Row.init)
    var places: [Int64: Int] = [:]
    for row in rows {
      if let index = edit.matching.index(of: row.step), edit.new.chain.send(at: index) != nil {
        places[row.id] = index
      } else if row.isPlanned {
        try withdraw(run, row.id, of: edit.new, reason: "step_deleted", now: now, db)
      }
    }
    // Two steps may have changed their places: nobody takes one that is still held.
    let moving = rows.filter { places[$0.id] != $0.step }
    for row in moving { try renumber(row.id, to: -Int(row.id), db) }
    for row in moving { if let place = places[row.id] { try renumber(row.id, to: place, db) } }
    for row in rows where row.isPlanned {
      if let place = places[row.id] { try replan(row, edit, at: place, rules, in: zone, db) }
    }
  }

  private func renumber(_ message: Int64, to step: Int, _ db: Connection) throws {
    try db.run(Self.renumbering) { row in
      row.bind(1, message)
      row.bind(2, step)
    }
  }

  /// Nothing, where both versions plan it alike.
  private func replan(
    _ row: Row, _ edit: Edit, at place: Int, _ rules: Rules, in zone: Zone, _ db: Connection
  ) throws {
    let (old, new) = (edit.old.chain, edit.new.chain)
    guard let wasSend = old.send(at: row.step), let send = new.send(at: place) else { return }
    let before = old.times(of: wasSend, plannedAt: row.plannedAt, rules, in: zone)
    let after = new.times(of: send, plannedAt: row.plannedAt, rules, in: zone)
    let isAlike = wasSend.templates == send.templates && wasSend.purpose == send.purpose
    if isAlike, wasSend.channel == send.channel, before == after { return }
    // A pause after a failed try is kept, over the same channel.
    let isUntouched = row.dueAt == before.due || wasSend.channel != send.channel
    try db.run(Self.replanning) { statement in
      statement.bind(1, row.id)
      statement.bind(2, edit.new.version)
      statement.bind(3, new.program[place].label)
      statement.bind(4, send.channel)
      statement.bind(5, send.purpose.rawValue)
      // Whoever has been given a variant keeps it as long as there is one.
      statement.bind(6, send.templates.contains(row.template) ? row.template : send.templates.first ?? "")
      statement.bind(7, after.expires.milliseconds)
      statement.bind(8, (isUntouched ? after.due : row.dueAt ?? after.due).milliseconds)
    }
    if row.channel != send.channel { counters.replan(from: row.channel, to: send.channel) }
    // It is a message of the version that sends it now.
    func count(_ version: Int64, _ label: String, by amount: Int64) {
      for figure in ["planned", Counters.pending] {
        counters.count(
          Counters.Key(chain: edit.new.number, version: version, step: label, outcome: figure), by: amount)
      }
    }
    count(row.version, row.label, by: -1)
    count(edit.new.version, new.program[place].label, by: 1)
  }
}
