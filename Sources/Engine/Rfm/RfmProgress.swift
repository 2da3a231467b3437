import Domain
import SQL

/// How far the filling of the rows and the moving to new boundaries have come. Follows the file.
struct RfmProgress {
  /// A walk through the contacts that were there when it began.
  struct Fill: Equatable {
    /// contacts.id
    var walked: Int64
    let last: Int64
  }

  private static let ruleFact = "rfm.rule"
  private static let fillFact = "rfm.fill"
  private static let sinceFact = "rfm.since"

  /// Nil: every contact's purchases have been looked at.
  var fill: Fill?
  /// The next boundaries are the schedule's first after it; 0: at once; nil: nobody has bought yet.
  var since: Timestamp?
  var newest: RfmBoundaries?
  /// Contacts up to there are scored by the newest; nil: all.
  var moved: Int64?

  /// By which rule the rows are kept, and whether they are still being filled; nil: no engine has seen the file yet.
  static func stored(_ db: Connection) throws -> (rule: RfmRule, isFilling: Bool)? {
    let words = try Facts.read(ruleFact, db)?.split(separator: " ").map(String.init) ?? []
    guard words.count == 2, let path = PropertyPath(words[1]) else { return nil }
    var rule = RfmRule.standard
    (rule.event, rule.value) = (words[0], path)
    return (rule, try Facts.read(fillFact, db) != "done")
  }

  /// Another rule, or none yet, begins the filling anew.
  static func read(_ rule: RfmRule, _ db: Connection) throws -> RfmProgress {
    let text = rule.event + " " + rule.value.text
    if try Facts.read(ruleFact, db) != text {
      let last = try People().newest(db)
      try Facts.write(ruleFact, text, db)
      try Facts.write(fillFact, "0 \(last)", db)
    }
    return try known(db)
  }

  /// As it was left, on any connection.
  static func known(_ db: Connection) throws -> RfmProgress {
    let fill = try Facts.read(fillFact, db)?.split(separator: " ").compactMap { Int64($0) } ?? []
    let newest = try RfmVersions().newest(db)
    let moved = try newest.flatMap { newest in
      try db.first("SELECT moved FROM rfm_boundaries WHERE version = $1", [.int(newest.version)]) {
        $0.optionalInt(0)
      } ?? nil
    }
    return RfmProgress(
      fill: fill.count == 2 ? Fill(walked: fill[0], last: fill[1]) : nil,
      since: try Facts.read(sinceFact, db).flatMap { Int64($0) }.map(Timestamp.init(milliseconds:)), newest: newest,
      moved: moved)
  }

  /// When boundaries are to be taken next: 1970 means at once.
  func due(_ rules: Rules) -> Timestamp? {
    guard fill == nil, let since else { return nil }
    return since.milliseconds == 0 ? since : rules.rfm.nextBoundaries(after: since, in: rules.shopZone)
  }

  /// Writes what is different.
  func write(over old: RfmProgress?, _ db: Connection) throws {
    if fill != old?.fill {
      try Facts.write(Self.fillFact, fill.map { "\($0.walked) \($0.last)" } ?? "done", db)
    }
    if let since, since != old?.since { try Facts.write(Self.sinceFact, String(since.milliseconds), db) }
    if let newest, moved != old?.moved || newest.version != old?.newest?.version {
      try db.run(
        "UPDATE rfm_boundaries SET moved = $2 WHERE version = $1",
        [.int(newest.version), moved.map { .int($0) } ?? .null])
    }
  }
}
