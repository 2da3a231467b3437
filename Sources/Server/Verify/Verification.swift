import Delivery
import Engine
import Ingest
import Migrations
import SQL

/// All checks of a data folder at rest, in the order in which one stands on another.
struct Verification {
  /// What one of them has found.
  struct Outcome {
    let audit: Audit
    let notes: AuditNotes
  }

  private let inspection: Inspection
  private let isQuick: Bool

  /// Throws `StoreRefusal` where nothing can be checked.
  init(_ folder: String, isQuick: Bool) throws {
    inspection = try Inspection(folder, Migrator(Migrations.all))
    self.isQuick = isQuick
  }

  var layout: Int { inspection.layout }

  /// Hands each outcome to `report` as soon as it is known. Throws `StoreRefusal` for a file of an older layout, whose
  /// tables the checks do not know, after its pages have been checked.
  func run(_ progress: Progress, _ report: (Outcome) -> Void) throws {
    defer { progress.end() }
    func run(_ audit: Audit) throws {
      progress.show(audit.name)
      let notes = AuditNotes { done, total in
        progress.show(audit.name, Int64(max(0, done)), of: Int64(total)) { "\($0)" }
      }
      try audit.run(inspection.db, notes)
      progress.end()
      report(Outcome(audit: audit, notes: notes))
    }
    let file = FileAudit(Migrator(Migrations.all), isQuick: isQuick).audits
    try run(inspection.audit)
    try run(file[0])
    guard layout == Migrations.all.count else {
      throw StoreRefusal(
        "its layout is \(layout), this binary's is \(Migrations.all.count): the other checks are for its own; "
          + "start the server on it once, or verify it with the older binary")
    }
    for audit in file.dropFirst() + stages { try run(audit) }
  }

  private var stages: [Audit] {
    [LogAudit.audit] + IDAudit().audits + TimelineAudit().audits + RunAudit.audits + CalendarAudit.audits
      + RfmAudit.audits + LedgerAudit.audits
  }
}
