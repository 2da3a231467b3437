/// One thing that holds in every sound file, and how to find out whether it does. Each stage has its own, of its own
/// tables; whoever runs them reads a file that nobody writes.
public struct Audit: Sendable {
  /// A word or two, for people and scripts.
  public let name: String
  /// What holds where nothing is found.
  public let claim: String
  private let body: @Sendable (Connection, AuditNotes) throws -> Void

  public init(
    _ name: String, _ claim: String, _ body: @escaping @Sendable (Connection, AuditNotes) throws -> Void
  ) {
    (self.name, self.claim, self.body) = (name, claim, body)
  }

  /// Damage that stops it is a finding too. Throws `SQLError` where the file cannot be read for another reason.
  public func run(_ db: Connection, _ notes: AuditNotes) throws {
    do { try body(db, notes) } catch let error as SQLError where error.isCorrupt {
      notes.find("it cannot be read to its end: \(error.message)")
    }
  }
}

/// What an audit has found.
public final class AuditNotes {
  /// Of any number of findings so many are told.
  public static let listed = 20

  public private(set) var count = 0
  /// The first `listed`.
  public private(set) var findings: [String] = []
  /// What is worth knowing and nothing wrong.
  public private(set) var remarks: [String] = []
  private let watch: (_ done: Int64, _ total: Int64) -> Void

  /// - Parameter watch: called now and then with how many rows of how many have been read.
  public init(_ watch: @escaping (_ done: Int64, _ total: Int64) -> Void = { _, _ in }) { self.watch = watch }

  public func find(_ finding: @autoclosure () -> String) {
    count += 1
    if findings.count < Self.listed { findings.append(finding()) }
  }

  public func remark(_ text: String) { remarks.append(text) }

  /// Every row's first column is a finding.
  public func find(_ db: Connection, _ sql: String, _ parameters: [SQLValue] = []) throws {
    try db.each(sql, parameters) { row in
      find(row.text(0))
      return true
    }
  }

  /// Hands all rows to `body`, as `Connection.each`, and tells how far it is by the first column, a number that rises
  /// to `total`.
  public func walk(
    _ db: Connection, _ sql: String, _ parameters: [SQLValue] = [], to total: Int64, _ body: (Row) throws -> Void
  ) throws {
    var rows = 0
    try db.each(sql, parameters) { row in
      rows &+= 1
      if rows & 0xFFFF == 0 { watch(row.int(0), total) }
      try body(row)
      return true
    }
  }
}
