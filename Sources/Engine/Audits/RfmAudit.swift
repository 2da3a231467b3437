import Domain
import Ingest
import JSON
public import SQL

/// Whether every contact's figures are those of his purchases, his cell that of his figures, and the cells are counted.
public enum RfmAudit {
  /// Cost: a walk through the timeline, and a look into the log for each purchase; some hundred bytes of memory for each
  /// contact who bought.
  public static let audits = [
    Audit("purchases", "who bought has a row, and its figures are those of his purchases") { db, notes in
      try checkFigures(db, notes)
    },
    Audit("rfm cells", "every contact is in the cell of his figures, and the cells are counted") { db, notes in
      try checkCells(db, notes)
      try notes.find(db, miscounted)
    },
  ]

  private static func checkFigures(_ db: Connection, _ notes: AuditNotes) throws {
    guard let known = try RfmProgress.stored(db) else { return }
    guard !known.isFilling else { return notes.remark("contacts' purchases are still being gathered") }
    var found = try figures(db, known.rule, notes)
    // Of who is being erased his row goes first.
    for contact in try db.query("SELECT contact FROM erased_contacts", [], { $0.int(0) }) { found[contact] = nil }
    let isThinned = try RetentionProgress.hasDeleted(db)
    try db.each("SELECT contact FROM rfm WHERE contact NOT IN (SELECT id FROM contacts)") { row in
      notes.find("purchases are of contact \(row.int(0)), who is not there")
      return true
    }
    var (seen, after): (Int, Int64) = (0, 0)
    while true {
      let page = try RfmRows().page(after: after, limit: 1_000, db)
      guard let last = page.last else { break }
      after = last.contact
      for row in page {
        let wanted = found[row.contact]
        if wanted != nil { seen += 1 }
        if row.figures == wanted { continue }
        // What was deleted since is still counted; of a robot's purchases a filling counts the newest.
        if isThinned, wanted.map({ $0.count < row.figures.count }) ?? true { continue }
        if let wanted, wanted.count > TimelineEvents.limit, row.figures.count >= TimelineEvents.limit { continue }
        notes.find(
          "contact \(row.contact) has \(row.figures.count) purchases of \(row.figures.sum.number.text), "
            + "in the log are \(wanted?.count ?? 0) of \((wanted?.sum ?? .zero).number.text)")
      }
    }
    if seen < found.count { notes.find("\(found.count - seen) contacts who bought have no row") }
  }

  /// What the timeline and the log say, by contact.
  private static func figures(
    _ db: Connection, _ rule: RfmRule, _ notes: AuditNotes
  ) throws -> [Int64: RfmFigures] {
    let sql = """
      SELECT t.contact, t.at, e.properties FROM timeline t
      JOIN events e ON e.seq = t.seq WHERE t.type = (SELECT id FROM event_types WHERE name = $1)
      UNION ALL
      SELECT f.contact, f.at, e.properties FROM fresh_timeline f
      JOIN events e ON e.seq = f.seq WHERE f.type = (SELECT id FROM event_types WHERE name = $1)
        AND NOT EXISTS (
          SELECT 1 FROM timeline t WHERE t.contact = f.contact AND t.type = f.type AND t.at = f.at AND t.seq = f.seq)
      """
    var found: [Int64: RfmFigures] = [:]
    try db.each(sql, [.text(rule.event)]) { row in
      let purchase = RfmFigures(
        lastAt: Timestamp(milliseconds: row.int(1)), count: 1,
        sum: rule.amount(of: try EventProperties.value(row.textBytes(2))))
      found[row.int(0)] = found[row.int(0)].map { $0 + purchase } ?? purchase
      return true
    }
    return found
  }

  private static func checkCells(_ db: Connection, _ notes: AuditNotes) throws {
    // An own event that is still to act may be about to move somebody.
    guard try Engine.unread(db) == 0 else { return }
    let cache = RfmVersionCache()
    var after: Int64 = 0
    while true {
      let page = try RfmRows().page(after: after, limit: 1_000, db)
      guard let last = page.last else { return }
      after = last.contact
      for row in page {
        // As it was until the moment at which time changes it; without one, for ever.
        let moment = row.dueAt.map { $0 + -1 } ?? Timestamp(milliseconds: .max)
        let state = try cache.version(row.version, db)?.state(of: row.figures, at: moment)
        if state?.cell != row.cell || state?.nextChange != row.dueAt {
          notes.find(
            "contact \(row.contact) is in cell \(row.cell?.text ?? "none"), by his figures it is "
              + (state?.cell.text ?? "none"))
        }
      }
    }
  }

  private static let miscounted = """
    SELECT 'cell ' || cell || ' has ' || sum(here) || ' contacts, ' || sum(counted) || ' counted' FROM (
      SELECT cell, 1 AS here, 0 AS counted FROM rfm WHERE cell IS NOT NULL
      UNION ALL SELECT cell, 0, contacts FROM rfm_cells)
    GROUP BY cell HAVING sum(here) <> sum(counted)
    """
}
