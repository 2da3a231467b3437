import JSON
import SQL

/// What `zveno verify` prints: a line for each check as it ends, or one JSON object at the end.
struct VerifyReport {
  private let isJSON: Bool
  private var checks: [JSONValue] = []
  private(set) var found = 0

  init(isJSON: Bool) { self.isJSON = isJSON }

  mutating func add(_ outcome: Verification.Outcome) {
    let (audit, notes) = (outcome.audit, outcome.notes)
    found += notes.count
    guard !isJSON else {
      return checks.append([
        "check": .string(audit.name), "claim": .string(audit.claim), "found": .number(JSONNumber(Int64(notes.count))),
        "findings": .array(notes.findings.map { .string($0) }), "remarks": .array(notes.remarks.map { .string($0) }),
      ])
    }
    let name = audit.name.padding(to: Self.nameWidth)
    Terminal.out(
      notes.count == 0 ? "ok     \(name) \(audit.claim)" : "FOUND  \(name) \(notes.count) against: \(audit.claim)")
    for finding in notes.findings { Terminal.out("       \(finding)") }
    if notes.count > notes.findings.count {
      Terminal.out("       and \(notes.count - notes.findings.count) more")
    }
    for remark in notes.remarks { Terminal.out("       note: \(remark)") }
  }

  /// After the last check.
  func end(layout: Int, in folder: String) {
    guard isJSON else {
      return Terminal.out(
        found == 0
          ? "\(folder): nothing found, layout \(layout)"
          : "\(folder): \(found) found, layout \(layout); keep the folder as it is, restore a backup, and report it")
    }
    let report: JSONValue = [
      "folder": .string(folder), "layout": .number(JSONNumber(Int64(layout))),
      "found": .number(JSONNumber(Int64(found))), "checks": .array(checks),
    ]
    Terminal.out(report.text)
  }

  private static let nameWidth = 14
}

extension String {
  fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
