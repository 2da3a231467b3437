public import SQL

/// Events without which some run could not be decided.
public enum NeededEvents {
  /// The triggers of runs that are active or whose goal is still looked for, among those after a seq through another.
  public static func seqs(after first: Int64, through last: Int64, now: Int64, _ db: Connection) throws -> [Int64] {
    let sql = """
      SELECT DISTINCT trigger_seq FROM runs
      WHERE trigger_seq > $1 AND trigger_seq <= $2 AND (state = 'active' OR goal_until > $3)
      """
    return try db.query(sql, [.int(first), .int(last), .int(now)]) { $0.int(0) }
  }
}
