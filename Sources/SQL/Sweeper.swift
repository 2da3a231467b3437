/// Walks over a table in slices and deletes what is no longer to be kept. Who drives it decides how often and how much;
/// memory that runs ahead of the file is forgotten by `forget`.
///
/// On the writer's thread, inside its transactions.
public protocol Sweeper: AnyObject {
  /// What figures call its rows.
  var kind: String { get }
  /// Looks at `limit` rows at most, from where the last slice ended.
  func sweep(_ db: Connection, now: Int64, limit: Int) throws -> Sweep
  /// The transaction of some slice was lost.
  func forget()
}

/// What a slice did.
public struct Sweep: Sendable {
  /// Rows looked at.
  public var visited: Int
  public var deleted: Int
  /// The walk has come to its end; the next slice begins a new one.
  public var isOver: Bool
  /// At the end of a walk: when time alone makes another worth while (wall clock, ms); nil: never.
  public var next: Int64?

  public init(visited: Int = 0, deleted: Int = 0, isOver: Bool = false, next: Int64? = nil) {
    (self.visited, self.deleted, self.isOver, self.next) = (visited, deleted, isOver, next)
  }
}
