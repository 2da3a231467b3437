public import Domain
public import SQL

/// Deletes rows of the audit trail that have been kept long enough.
public final class AuditExpiry: Sweeper {
  public let kind = "audit"
  private let span: Span

  public init(_ span: Span) { self.span = span }

  public func forget() {}

  public func sweep(_ db: Connection, now: Int64, limit: Int) throws -> Sweep {
    let age = RetentionPolicy.limit(span, at: Timestamp(milliseconds: now)).milliseconds
    let old = try db.query("SELECT id, at FROM audit ORDER BY id LIMIT $1", [.int(limit)]) { ($0.int(0), $0.int(1)) }
    let gone = old.prefix { $0.1 <= age }
    if let last = gone.last { try db.run("DELETE FROM audit WHERE id <= $1", [.int(last.0)]) }
    var sweep = Sweep(visited: old.count, deleted: gone.count, isOver: gone.count < limit)
    sweep.next = old.dropFirst(gone.count).first.map {
      RetentionPolicy.end(span, of: Timestamp(milliseconds: $0.1)).milliseconds
    }
    return sweep
  }
}
