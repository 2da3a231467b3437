import Delivery
import Domain
import Engine
import SQL

/// Runs: none stuck, none overdue, each place held once.
final class RunChecks {
  private let db: Connection
  private let documents: Documents
  /// Who has ever been in a chain: rows may be deleted.
  private var entered: Set<Entry> = []
  private var lastRun: Int64 = 0
  /// Messages up to this one were found in their versions.
  private var lastMessage: Int64 = 0

  private struct Entry: Hashable {
    let chain: Int64
    let version: Int64
    let contact: Int64
    let key: String
  }

  init(_ db: Connection, _ documents: Documents) { (self.db, self.documents) = (db, documents) }

  func checkStuck() throws {
    let notes = AuditNotes()
    for audit in [RunAudit.stuckRuns, LedgerAudit.stuckMessages] { try audit.run(db, notes) }
    if let stuck = notes.findings.first { throw Violation("no run is stuck", stuck) }
  }

  /// A server that rests has let everything act that is due.
  func checkNothingDue(wall: Int64) throws {
    let due = "SELECT id, due_at FROM runs WHERE due_at <= $1 LIMIT 1"
    if let late = try db.first(due, [.int(wall)], { "run \($0.int(0)) was due at \($0.int(1)), it is \(wall)" }) {
      throw Violation("what is due acts at once", late)
    }
  }

  /// It looks at a run before its step is over.
  func checkNoneOversleeps() throws {
    let overslept = """
      SELECT id FROM runs WHERE state = 'active' AND parked_at IS NULL AND step_due_at IS NOT NULL
        AND (due_at IS NULL OR due_at > step_due_at) LIMIT 1
      """
    if let run = try db.first(overslept, [], { $0.int(0) }) {
      throw Violation("what is due acts at once", "run \(run)")
    }
  }

  /// A run that is over has no message that may still leave, unless a person asked for it.
  func checkEnded() throws {
    let sql = """
      SELECT m.id FROM messages m JOIN runs r ON r.id = m.run
      WHERE r.state = 'ended' AND m.status = 'planned' AND m.sending_at IS NULL LIMIT 1
      """
    if let id = try db.first(sql, [], { $0.int(0) }) {
      throw Violation("a run that ends takes its messages back", "\(id)")
    }
    let timed = "SELECT id FROM runs WHERE state = 'ended' AND (due_at IS NOT NULL OR parked_at IS NOT NULL) LIMIT 1"
    if let id = try db.first(timed, [], { $0.int(0) }) { throw Violation("a run that is over is not due", "\(id)") }
  }

  /// Whoever is inside walks the version he came in by, or has followed to: each message is one of its sends.
  func checkSteps() throws {
    let sql = "SELECT id, chain, version, label, channel, template FROM messages WHERE id > $1"
    try db.each(sql, [.int(lastMessage)]) { row in
      let program = try documents.version(row.int(1), row.int(2)).chain.program
      guard case .send(let send)? = program.first(where: { $0.label == row.text(3) })?.kind,
        send.channel == row.text(4), send.templates.contains(row.text(5))
      else { throw Violation("a run walks its own version", "message \(row.int(0)), step \(row.text(3))") }
      lastMessage = max(lastMessage, row.int(0))
      return true
    }
  }

  /// The event that a run was entered by is there as long as somebody may ask after it.
  func checkTriggers() throws {
    let sql = """
      SELECT r.id, r.trigger_seq FROM runs r LEFT JOIN events e ON e.seq = r.trigger_seq
      WHERE r.state = 'active' AND e.seq IS NULL LIMIT 1
      """
    if let run = try db.first(sql, [], { "run \($0.int(0)), event \($0.int(1))" }) {
      throw Violation("what a run needs stays", run)
    }
  }

  /// Once in a life is once, whatever was deleted meanwhile: as long as that is the rule.
  func checkNewcomers() throws {
    try db.each("SELECT id, chain, version, contact, key FROM runs WHERE id > $1 ORDER BY id", [.int(lastRun)]) { row in
      let entry = Entry(chain: row.int(1), version: row.int(2), contact: row.int(3), key: row.text(4))
      let isNew = entered.insert(entry).inserted
      if !isNew, try documents.version(row.int(1), row.int(2)).chain.reenter == .never {
        throw Violation("re-entry keeps its rule", "never: run \(row.int(0)), \(entry)")
      }
      lastRun = row.int(0)
      return true
    }
  }

  /// Who came in again, against the rule of the version that let him in.
  func checkReentry() throws {
    let sql = """
      SELECT r.id, r.chain, r.version, r.entered_at, b.id, b.entered_at, b.ended_at, EXISTS (
        SELECT 1 FROM runs e WHERE e.contact = r.contact AND e.chain = r.chain AND e.key = r.key
          AND e.reason = 'restarted' AND e.ended_at = r.entered_at)
      FROM runs r JOIN runs b ON b.contact = r.contact AND b.chain = r.chain AND b.key = r.key AND b.id < r.id
      -- Who has followed an edit was let in by another version.
      WHERE NOT EXISTS (SELECT 1 FROM chain_counters f
        WHERE f.chain = r.chain AND f.version = r.version AND f.step = '' AND f.outcome = 'joined')
      -- Who has become one with another since had a life of his own.
      AND NOT EXISTS (SELECT 1 FROM merged_contacts m WHERE m.survivor = r.contact AND m.at >= r.entered_at)
      """
    try db.each(sql) { row in
      // An edit has runs begin anew whatever the rule.
      let isRestart = row.bool(7)
      let (run, before, entered, left) = (row.int(0), row.int(4), row.int(3), row.optionalInt(6))
      func broken(_ rule: String) -> Violation {
        Violation("re-entry keeps its rule", "\(rule): run \(run) after \(before)")
      }
      let isInside = left.map { $0 > entered } ?? true
      switch try documents.version(row.int(1), row.int(2)).chain.reenter {
      case .always: break
      case .never: if !isRestart { throw broken("never") }
      case .afterExit, .restart: if isInside { throw broken("inside") }
      case .after(let span):
        // Days bend by an hour or so where clocks change.
        let earliest = row.int(5) + span.approximateMilliseconds - (span.days > 0 ? 7_200_000 : 0)
        if isInside || (entered < earliest && !isRestart) { throw broken("after a while") }
      }
      return true
    }
  }

  /// With everything resumed and no time left to wait for, everybody has come to an end.
  func checkAllOver() throws {
    let runs = """
      SELECT r.id, r.version, r.step FROM runs r JOIN chains c ON c.number = r.chain
      WHERE r.state = 'active' AND c.status <> 'paused' LIMIT 1
      """
    if let run = try db.first(runs, [], { "run \($0.int(0)), version \($0.int(1)), step \($0.int(2))" }) {
      throw Violation("every run comes to an end", run)
    }
    let messages = "SELECT id, status FROM messages WHERE status IN ('planned', 'sending') LIMIT 1"
    if let message = try db.first(messages, [], { "message \($0.int(0)) is \($0.text(1))" }) {
      throw Violation("every message comes to an end", message)
    }
  }
}
