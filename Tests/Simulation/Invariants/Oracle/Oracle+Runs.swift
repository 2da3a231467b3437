import SQL

/// Runs of the fixed chain, one by one.
extension Oracle {
  struct RunRow {
    let id: Int64
    let entrySeq: Int64
    let triggerSeq: Int64
    let enteredAt: Int64
    let contact: Int64
    let key: String
    let isHeldOut: Bool
    let isEnded: Bool
    let reason: String
    let labels: [String]
  }

  /// The rows of the fixed chain's runs that have changed since the last rest.
  func changedRuns(_ chain: Int64) throws -> [RunRow] {
    let ids = changed.subtracting(foreign)
    changed = []
    guard !ids.isEmpty else { return [] }
    let sql = """
      SELECT r.id, r.entry_seq, r.trigger_seq, r.entered_at, r.contact, r.key, r.held_out, r.state = 'ended',
        coalesce(r.reason, ''), r.chain, CASE r.chain WHEN $2 THEN
          (SELECT group_concat(label, ' ') FROM (SELECT label FROM messages WHERE run = r.id ORDER BY id)) END
      FROM json_each($1) j JOIN runs r ON r.id = j.value
      """
    var rows: [RunRow] = []
    var missing = ids
    try db.each(sql, [.text("\(ids.sorted())"), .int(chain)]) { row in
      let id = row.int(0)
      missing.remove(id)
      guard row.int(9) == chain else {
        foreign.insert(id)
        return true
      }
      let labels = (row.optionalText(10) ?? "").split(separator: " ").map(String.init)
      rows.append(
        RunRow(
          id: id, entrySeq: row.int(1), triggerSeq: row.int(2), enteredAt: row.int(3), contact: row.int(4),
          key: row.text(5), isHeldOut: row.bool(6), isEnded: row.bool(7), reason: row.text(8), labels: labels))
      return true
    }
    for id in missing {
      waiting.remove(id)
      guard let run = runs.removeValue(forKey: id), !run.isOver, !excuses(run) else { continue }
      throw broken(id, "is gone before its end")
    }
    return rows
  }

  /// He has been erased, or is to be: of what was his something may be missing.
  private func excuses(_ run: FixedRun) -> Bool {
    guard erased.mayLack(run.entry.who) else { return false }
    if waiting.remove(run.id) != nil { verdicts.erased += 1 }
    return true
  }

  func broken(_ run: Int64, _ what: String) -> Violation {
    Violation("a run sends what its way says", "run \(run) \(what)")
  }

  /// - Parameter entries: new events that enter, by seq; those that have are taken from it.
  func look(_ row: RunRow, _ entries: inout [Int64: OraclePast.Event]) throws {
    // Of somebody who was erased it may be that neither event nor run is what it was.
    if runs[row.id] == nil, entries[row.entrySeq] == nil, !erased.isEmpty {
      foreign.insert(row.id)
      return
    }
    var run = try runs[row.id] ?? enter(row, &entries)
    guard !excuses(run) else { return }
    if run.way == nil, let first = row.labels.first {
      run.way = try way(of: run, first)
      waiting.remove(run.id)
    }
    guard run.sends(row.labels, isEnded: row.isEnded) else {
      throw broken(run.id, "has \(row.labels)\(row.isEnded ? " at its end" : "")\(run.isHeldOut ? ", held out" : "")")
    }
    if row.isEnded {
      guard row.reason == "completed" else { throw broken(run.id, "ended: \(row.reason)") }
      run.isOver = true
    }
    runs[row.id] = run
  }

  private func enter(_ row: RunRow, _ entries: inout [Int64: OraclePast.Event]) throws -> FixedRun {
    guard let entry = entries.removeValue(forKey: row.entrySeq) else {
      throw Violation("who should enters, once", "run \(row.id) by the event \(row.entrySeq)")
    }
    guard row.triggerSeq == entry.seq, row.enteredAt == entry.acceptedAt, row.key == entry.key,
      past.bonds.since(entry.contact, row.contact) != nil
    else { throw Violation("who should enters, once", "run \(row), not by \(entry)") }
    // Who has just become one with another may have come in as somebody else.
    if entry.bondedAt == 0, heldOut.updateValue(row.isHeldOut, forKey: row.contact) ?? row.isHeldOut != row.isHeldOut {
      throw Violation("who is held out stays so", "run \(row.id) of contact \(row.contact)")
    }
    verdicts.entered += 1
    if row.isHeldOut { verdicts.heldOut += 1 }
    let run = FixedRun(id: row.id, entry: entry, contact: row.contact, isHeldOut: row.isHeldOut)
    waiting.insert(run.id)
    nextEnd = min(nextEnd, run.until)
    return run
  }

  /// The way that a run went, by the first message it has.
  private func way(of run: FixedRun, _ label: String) throws -> FixedRun.Way {
    let prospect = run.prospect(past)
    func wrong(_ why: String) -> Violation {
      Violation("a branch is decided by what came in time", "run \(run.id), until \(run.until), sends \(label): \(why)")
    }
    switch label {
    case FixedChain.bought:
      guard prospect.mayBuy else { throw wrong("nothing came in time") }
      verdicts.bought += 1
      if !prospect.isDue { verdicts.excused += 1 }
      return .bought
    case FixedChain.left:
      guard prospect.mayLeave else { throw wrong("something came in time") }
      guard past.latestWall >= run.until else { throw wrong("it is \(past.latestWall)") }
      verdicts.left += 1
      if prospect.isDue { verdicts.excused += 1 }
      return .left
    default: throw broken(run.id, "begins with \(label)")
    }
  }

  /// It waits rightly: its time has not come, nor what it waits for.
  func checkWaits(_ id: Int64, _ wall: Int64) throws {
    guard let run = runs[id], !excuses(run) else { return }
    guard run.until > wall, !run.prospect(past).isDecided else {
      throw Violation(
        "a branch is decided by what came in time", "run \(id), until \(run.until), still waits at \(wall)")
    }
  }
}
