import Domain
import SQL

/// What one trigger by time brings: a row of `timetables`.
struct Timetable {
  enum State: String {
    /// A schedule's next time, for which nothing is planned yet.
    case coming
    /// Contacts get their entries, and come in by them.
    case open
    case over
  }

  let id: Int64
  let key: TimedTrigger.Key
  /// Which time of a schedule; 0: a date trigger's.
  let occasion: Int64
  var state: State
  var rule: String
  var since: Timestamp
  var known: Int64
  var walked: Int64
  var pace: Pace
  var paceRate: String
}

/// Rows of `timetables`. Only the calendar writes them.
struct TimetableStore {
  private static let columns = """
    id, chain, trigger, occasion, state, rule, since, known, walked, pace_rate, pace_start, pace_count, pace_last
    """

  /// Those that are not over.
  func current(_ db: Connection) throws -> [Timetable] {
    try db.query("SELECT \(Self.columns) FROM timetables WHERE state <> 'over'", [], Self.read)
  }

  func insert(
    _ key: TimedTrigger.Key, occasion: Int64, state: Timetable.State, rule: String = "", since: Timestamp,
    known: Int64 = 0, _ db: Connection
  ) throws -> Timetable {
    try db.run(
      """
      INSERT INTO timetables (chain, trigger, occasion, state, rule, since, known, walked, pace_rate, pace_start,
        pace_count, pace_last) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '', 0, 0, 0)
      """,
      [
        .int(key.chain), .text(key.name), .int(occasion), .text(state.rawValue), .text(rule), .int(since.milliseconds),
        .int(known),
      ])
    return Timetable(
      id: db.lastInsertedRow, key: key, occasion: occasion, state: state, rule: rule, since: since, known: known,
      walked: 0, pace: Pace(), paceRate: "")
  }

  func update(_ timetable: Timetable, _ db: Connection) throws {
    try db.run(
      """
      UPDATE timetables SET state = $2, rule = $3, since = $4, known = $5, walked = $6, pace_rate = $7, pace_start = $8,
        pace_count = $9, pace_last = $10 WHERE id = $1
      """,
      [
        .int(timetable.id), .text(timetable.state.rawValue), .text(timetable.rule), .int(timetable.since.milliseconds),
        .int(timetable.known), .int(timetable.walked), .text(timetable.paceRate),
        .int(timetable.pace.start.milliseconds), .int(timetable.pace.count), .int(timetable.pace.last.milliseconds),
      ])
  }

  func delete(_ id: Int64, _ db: Connection) throws {
    try db.run("DELETE FROM timetables WHERE id = $1", [.int(id)])
  }

  /// The newest time of a schedule that there has been, or is to come; nil: none.
  func newest(_ key: TimedTrigger.Key, _ db: Connection) throws -> Int64? {
    try db.first(
      "SELECT max(occasion) FROM timetables WHERE chain = $1 AND trigger = $2", [.int(key.chain), .text(key.name)]
    ) { $0.optionalInt(0) } ?? nil
  }

  /// Of what is over only the newest has to be known.
  func forget(before newest: Timetable, _ db: Connection) throws {
    try db.run(
      "DELETE FROM timetables WHERE chain = $1 AND trigger = $2 AND occasion < $3 AND state = 'over'",
      [.int(newest.key.chain), .text(newest.key.name), .int(newest.occasion)])
  }

  private static func read(_ row: Row) -> Timetable {
    Timetable(
      id: row.int(0), key: TimedTrigger.Key(chain: row.int(1), name: row.text(2)), occasion: row.int(3),
      state: Timetable.State(rawValue: row.text(4)) ?? .over, rule: row.text(5),
      since: Timestamp(milliseconds: row.int(6)), known: row.int(7), walked: row.int(8),
      pace: Pace(
        start: Timestamp(milliseconds: row.int(10)), count: Int(row.int(11)),
        last: Timestamp(milliseconds: row.int(12))),
      paceRate: row.text(9))
  }
}
