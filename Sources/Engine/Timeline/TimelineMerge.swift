import SQL

/// One generation of fresh rows on its way into the clustered table: slice by slice in the order of contacts, so that
/// each page of the table is written once; then it leaves the fresh table. A merge that a crash broke off is begun anew.
struct TimelineMerge {
  private static let buckets = 1_024
  private static let insertSQL =
    "INSERT INTO timeline (contact, type, at, seq) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
  /// Rows are deleted faster than inserted: they lie one after the other.
  private static let deletedPerInserted: Int64 = 10

  /// Rows by ranges of contacts; within a range they are sorted when their turn comes.
  private let rows: [FreshRows.Row]
  private let ends: [Int]
  private let last: Int64
  /// The next bucket, what is left of the one before it, sorted, and how many rows have been inserted.
  private var bucket = 0
  private var left: ArraySlice<FreshRows.Row> = []
  private var inserted = 0
  /// Fresh rows up to there have been deleted.
  private var deleted: Int64

  /// Cost: two walks through the rows, about 20 ms a million.
  init(_ unsorted: [FreshRows.Row]) {
    let contacts = unsorted.reduce(into: (least: Int64.max, most: Int64.min)) { range, row in
      range = (min(range.least, row.contact), max(range.most, row.contact))
    }
    let width = max(1, (contacts.most - min(contacts.least, contacts.most)) / Int64(Self.buckets) + 1)
    func bucket(_ row: FreshRows.Row) -> Int { Int((row.contact - contacts.least) / width) }
    var starts = [Int](repeating: 0, count: Self.buckets + 1)
    for row in unsorted { starts[bucket(row) + 1] += 1 }
    for index in 1...Self.buckets { starts[index] += starts[index - 1] }
    var places = starts
    rows =
      unsorted.isEmpty
      ? []
      : [FreshRows.Row](unsafeUninitializedCapacity: unsorted.count) { buffer, count in
        for row in unsorted {
          let index = bucket(row)
          buffer.initializeElement(at: places[index], to: row)
          places[index] += 1
        }
        count = unsorted.count
      }
    ends = Array(starts.dropFirst())
    // Seqs rise.
    last = unsorted.last?.seq ?? 0
    deleted = (unsorted.first?.seq ?? 1) - 1
  }

  var isDone: Bool { inserted == rows.count && deleted >= last }

  /// Inserts about `count` rows, or deletes some multiple once all are inserted.
  /// - Parameters:
  ///   - forgotten: contacts whose rows up to a seq are left out.
  ///   - merged: rows of who was merged meanwhile go to the survivor.
  mutating func slice(
    of count: Int, besides forgotten: [Int64: Int64], _ merged: MergedContacts, _ db: Connection
  ) throws {
    if inserted < rows.count { try insert(count, besides: forgotten, merged, db) } else { try delete(count, db) }
  }

  private mutating func insert(
    _ count: Int, besides forgotten: [Int64: Int64], _ merged: MergedContacts, _ db: Connection
  ) throws {
    let insert = try db.prepare(Self.insertSQL)
    let start = inserted
    while inserted < rows.count, inserted - start < count {
      if left.isEmpty {
        left = rows[inserted..<ends[bucket]].sorted(by: Self.isBefore)[...]
        bucket += 1
      }
      let slice = left.prefix(start + count - inserted)
      for row in slice {
        let contact = try merged.survivor(of: row.contact, db)
        if !forgotten.isEmpty, row.seq <= forgotten[contact] ?? 0 { continue }
        insert.bind(1, contact)
        insert.bind(2, Int64(row.type))
        insert.bind(3, row.at)
        insert.bind(4, row.seq)
        try insert.run()
      }
      left = left.dropFirst(slice.count)
      inserted += slice.count
    }
  }

  private mutating func delete(_ count: Int, _ db: Connection) throws {
    let next = min(last, deleted + Int64(count) * Self.deletedPerInserted)
    try db.run("DELETE FROM fresh_timeline WHERE seq <= $1", [.int(next)])
    deleted = next
  }

  private static func isBefore(_ a: FreshRows.Row, _ b: FreshRows.Row) -> Bool {
    (a.contact, Int64(a.type), a.at, a.seq) < (b.contact, Int64(b.type), b.at, b.seq)
  }
}
