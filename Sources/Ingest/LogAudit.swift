public import SQL

/// Whether the log is what appending makes: seqs without holes, acceptance that only rises, types that are known and
/// counted.
public enum LogAudit {
  /// Cost: one walk through the events.
  public static let audit = Audit("log", "events stand in the order of their acceptance and are counted by type") {
    db, notes in
    let last = try db.first("SELECT max(seq) FROM events") { $0.int(0) } ?? 0
    let names = Dictionary(
      try db.query("SELECT id, name FROM event_types") { ($0.int(0), $0.text(1)) }, uniquingKeysWith: { $1 })
    let isThinned = try RetentionProgress.hasDeleted(db)
    var (previous, acceptedAt, holes): (Int64, Int64, Int64) = (0, .min, 0)
    var counts: [Int64: Int64] = [:]
    try notes.walk(db, "SELECT seq, accepted_at, at, type FROM events ORDER BY seq", to: last) { row in
      let seq = row.int(0)
      if seq <= previous {
        notes.find("event \(seq) stands behind event \(previous)")
      } else if seq - previous > 1 {
        holes &+= seq - previous - 1
        if !isThinned { notes.find("events \(previous + 1) to \(seq - 1) are missing") }
      }
      if row.int(1) < acceptedAt { notes.find("event \(seq) was accepted before the one that precedes it") }
      if row.int(2) > row.int(1) { notes.find("event \(seq) happened after it was accepted") }
      if names[row.int(3)] == nil { notes.find("event \(seq) has a type that is not known, number \(row.int(3))") }
      (previous, acceptedAt) = (max(previous, seq), row.int(1))
      counts[row.int(3), default: 0] += 1
    }
    if isThinned, holes > 0 { notes.remark("\(holes) events are gone, as retention deletes them") }
    try db.each("SELECT id, name, accepted FROM event_types ORDER BY id") { row in
      let (rows, counted) = (counts[row.int(0)] ?? 0, row.int(2))
      if rows > counted || (rows < counted && !isThinned) {
        notes.find("\(rows) events of the type \(row.text(1)), \(counted) counted")
      }
      return true
    }
  }
}
