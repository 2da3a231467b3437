import Domain
import SQL

/// What becomes of the runs inside when a chain's next version is published.
public enum InsideRuns: String, Sendable, CaseIterable {
  /// They finish on the version they walk.
  case pin
  /// They go on at the same step of the new one.
  case follow
  /// They end, and begin anew on the new one.
  case restart
}

/// Takes the runs inside over to a new version, a slice at a time: a chain may have millions. A row of `version_moves`
/// says how far it has come. Until its turn comes a run walks its old version as if nothing had happened.
struct VersionMove: Sendable {
  let version: Int64
  let how: InsideRuns
  /// Runs from after `done` through `last`, by id, whose turn is still to come.
  let done: Int64
  let last: Int64

  /// Runs that start from now on walk the new version already.
  static func begin(_ chain: Int64, to version: Int64, _ how: InsideRuns, _ db: Connection) throws {
    guard how != .pin else { return }
    let sql = """
      INSERT INTO version_moves (chain, version, how, done, last)
      VALUES ($1, $2, $3, 0, (SELECT coalesce(max(id), 0) FROM runs))
      """
    try db.run(sql, [.int(chain), .int(version), .text(how.rawValue)])
  }

  /// Whose turn has not come stays on his version.
  static func cancel(_ chain: Int64, _ db: Connection) throws {
    try db.run("DELETE FROM version_moves WHERE chain = $1", [.int(chain)])
  }

  static func underWay(_ db: Connection) throws -> [Int64: VersionMove] {
    let rows = try db.query("SELECT chain, version, how, done, last FROM version_moves") {
      let how = InsideRuns(rawValue: $0.text(2)) ?? .pin
      return ($0.int(0), VersionMove(version: $0.int(1), how: how, done: $0.int(3), last: $0.int(4)))
    }
    return Dictionary(rows) { _, last in last }
  }

  /// - Returns: what is left to do; nil: nothing.
  /// - Parameter isOver: whether the time of the slice is over; asked after each run.
  func goOn(
    _ chain: Int64, limit: Int, isOver: () -> Bool, _ db: Connection, _ move: (Run, VersionMove) throws -> Void
  ) throws -> VersionMove? {
    let runs = try RunStore().active(ofChain: chain, after: done, through: last, limit: limit, db)
    var end = done
    for run in runs {
      if run.version != version { try move(run, self) }
      end = run.id
      if isOver() { break }
    }
    guard let newest = runs.last?.id, end < newest || runs.count == limit else {
      try Self.cancel(chain, db)
      return nil
    }
    try db.run("UPDATE version_moves SET done = $2 WHERE chain = $1", [.int(chain), .int(end)])
    return VersionMove(version: version, how: how, done: end, last: last)
  }
}
