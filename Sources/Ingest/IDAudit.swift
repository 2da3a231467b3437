public import SQL

/// Whether each event id stands in the log once within the window, and whether what a start believes of the ids is true.
public struct IDAudit: Sendable {
  private let windowMilliseconds: Int64
  /// 8 bytes each.
  private let idsAtOnce: Int64

  /// - Parameter idsAtOnce: bounds the memory; a longer log is read once for each so many events.
  public init(_ limits: IngestLimits = IngestLimits(), idsAtOnce: Int64 = 16_000_000) {
    (windowMilliseconds, self.idsAtOnce) = (limits.windowMilliseconds, idsAtOnce)
  }

  /// Cost: a walk through the log for each `idsAtOnce` events and another one for the blocks.
  public var audits: [Audit] {
    [
      Audit("event ids", "no id was accepted twice within \(windowMilliseconds / 86_400_000) days") { db, notes in
        try findRepeated(db, notes)
      },
      Audit("id blocks", "the remembered ids are those of the events") { db, notes in try checkBlocks(db, notes) },
    ]
  }

  private struct Bounds {
    let first: Int64
    let last: Int64
  }

  private func bounds(_ db: Connection) throws -> Bounds? {
    let sql = "SELECT min(seq), max(seq) FROM events"
    return try db.first(sql, []) { row in
      let first = max(0, row.int(0))
      return row.isNull(0) ? nil : Bounds(first: first, last: max(first, row.int(1)))
    } ?? nil
  }

  /// Fingerprints are sorted, a part of them at a time; events whose fingerprints are equal are looked at.
  private func findRepeated(_ db: Connection, _ notes: AuditNotes) throws {
    guard let bounds = try bounds(db) else { return }
    let (hash, base, length) = (IDHash(seed: 0), bounds.first, bounds.last - bounds.first)
    guard length < Int64(UInt32.max) else { return notes.remark("the log is too long for this check") }
    let parts = length / idsAtOnce + 1
    for part in 0..<UInt64(parts) {
      var entries: [UInt64] = []
      // Parts differ a little in size.
      entries.reserveCapacity(Int(min(length + 1, idsAtOnce + idsAtOnce / 8)))
      let sql = "SELECT seq, id FROM events WHERE id IS NOT NULL ORDER BY seq"
      try notes.walk(db, sql, to: bounds.last) { row in
        let (fingerprint, place) = (UInt64(row.withText(1) { hash($0) }), row.int(0) &- base)
        guard (fingerprint &* UInt64(parts)) >> 32 == part, place >= 0, place <= length else { return }
        entries.append(fingerprint << 32 | UInt64(place))
      }
      entries.sort()
      var start = 0
      for end in 1..<(entries.count + 1) where end == entries.count || entries[end] >> 32 != entries[start] >> 32 {
        if end - start > 1 { try compare(entries[start..<end].map { base + Int64($0 & 0xFFFF_FFFF) }, db, notes) }
        start = end
      }
    }
  }

  /// Events with one fingerprint, in the order of acceptance.
  private func compare(_ seqs: [Int64], _ db: Connection, _ notes: AuditNotes) throws {
    var newest: [String: (seq: Int64, acceptedAt: Int64)] = [:]
    for seq in seqs {
      let found = try db.first("SELECT id, accepted_at FROM events WHERE seq = $1", [.int(seq)]) {
        ($0.text(0), $0.int(1))
      }
      guard let (id, acceptedAt) = found else { continue }
      if let before = newest[id], acceptedAt &- before.acceptedAt < windowMilliseconds {
        notes.find("event \(seq) has the id of event \(before.seq)")
      }
      newest[id] = (seq, acceptedAt)
    }
  }
}

extension IDAudit {
  private func checkBlocks(_ db: Connection, _ notes: AuditNotes) throws {
    let end = try bounds(db)?.last ?? 0
    let newest = try db.first("SELECT accepted_at FROM events WHERE seq = $1", [.int(end)]) { $0.int(0) } ?? 0
    var last: Int64?
    var seed: Int64?
    try notes.walk(db, "SELECT last, first, seed, fingerprints FROM id_blocks ORDER BY first", to: end) { row in
      let (first, blockEnd, bytes) = (row.int(1), row.int(0), row.blob(3))
      let name = "the block of events \(first) to \(blockEnd)"
      if seed ?? row.int(2) != row.int(2) { notes.find("\(name) has another seed than the one before it") }
      if let last, first <= last { notes.find("\(name) begins in the block before it") }
      if let last, first > last, first - last > 1, try isRecent(after: last, before: first, newest, db) {
        notes.find("events \(last + 1) to \(first - 1) lie in no block")
      }
      if blockEnd > end { notes.find("\(name) ends after the log, whose last event is \(end)") }
      if bytes.count % 4 == 0, first >= 0, blockEnd &- first == Int64(bytes.count / 4 - 1) {
        try compare(bytes, from: first, through: blockEnd, IDHash(seed: UInt64(bitPattern: row.int(2))), db, notes)
      } else {
        notes.find("\(name) has \(bytes.count / 4) fingerprints")
      }
      (last, seed) = (blockEnd, row.int(2))
    }
  }

  /// A server that was down for longer than the window leaves a gap of ids that are free again.
  private func isRecent(after last: Int64, before first: Int64, _ newest: Int64, _ db: Connection) throws -> Bool {
    let sql = "SELECT max(accepted_at) FROM events WHERE seq > $1 AND seq < $2"
    let acceptedAt = try db.first(sql, [.int(last), .int(first)]) { $0.optionalInt(0) } ?? nil
    return acceptedAt.map { $0 > newest &- windowMilliseconds } ?? false
  }

  /// Events that are there no more, as after retention, are not asked for, nor those that were erased.
  private func compare(
    _ bytes: [UInt8], from first: Int64, through last: Int64, _ hash: IDHash, _ db: Connection, _ notes: AuditNotes
  ) throws {
    try db.each(
      "SELECT seq, id FROM events WHERE seq >= $1 AND seq <= $2 AND NOT \(EventLog.isBlank)", [.int(first), .int(last)]
    ) { row in
      let wanted = row.isNull(1) ? 0 : row.withText(1) { hash($0) }
      let place = Int(truncatingIfNeeded: row.int(0) &- first) &* 4
      guard bytes.indices.contains(place) else { return true }
      let kept = bytes[place..<place + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      if kept != wanted { notes.find("the id of event \(row.int(0)) is remembered wrongly") }
      return true
    }
  }
}
