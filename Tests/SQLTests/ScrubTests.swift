import Foundation
import SQL
import Testing

@Suite struct ScrubTests {
  /// Rows that move from page to page, of which some are deleted.
  private func churn(_ db: Connection, rows: Int64) throws {
    try db.execute("CREATE TABLE k (v TEXT PRIMARY KEY NOT NULL, n INTEGER) WITHOUT ROWID")
    try db.execute("CREATE TABLE e (id INTEGER PRIMARY KEY, p TEXT)")
    var state: UInt64 = 88_172_645_463_325_252
    func random(_ below: UInt64) -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state % below
    }
    for round in 0..<(rows / 500) {
      try db.transaction {
        for row in round * 500..<(round + 1) * 500 {
          let mark = row.isMultiple(of: 10) ? "MARKED\(row)" : "someone"
          try db.run("INSERT INTO k (v, n) VALUES ($1, $2)", [.text("\(random(1 << 32))\(mark)@\(row)"), .int(row)])
          let length = [20, 200, 5_000][Int(random(3))]
          try db.run(
            "INSERT INTO e (id, p) VALUES ($1, $2)",
            [.int(row), .text(mark + String(repeating: "p", count: length))])
          if row > 100 {
            let other = row - Int64(random(100))
            try db.run(
              "UPDATE e SET p = p || $2 WHERE id = $1",
              [.int(other), .text(String(repeating: "v", count: Int(random(900))))])
          }
        }
      }
    }
  }

  private func marks(_ path: String) throws -> Int {
    try ["", "-wal"].reduce(0) { sum, suffix in
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + suffix)))
      return sum + (String(decoding: bytes, as: UTF8.self).contains("MARKED") ? 1 : 0)
    }
  }

  @Test(arguments: ["ON", "OFF"])
  func `no byte of what was deleted is left, and everything else is whole`(secureDelete: String) throws {
    let folder = TestFolder()
    let path = folder.path + "/db"
    let db = try Connection(path: path, mode: .writer, durability: .off)
    // Off, pages in no use keep all they had.
    try db.execute("PRAGMA secure_delete = \(secureDelete)")
    try churn(db, rows: 2_000)
    let writer = Writer(connection: db, duties: [], now: { 0 })
    try writer.perform { db, _ in
      try db.run("DELETE FROM k WHERE v LIKE '%MARKED%'")
      try db.run("DELETE FROM e WHERE p LIKE 'MARKED%'")
    }
    #expect(try marks(path) > 0, "the log has them at least")
    let ended = Ended()
    writer.scrub { ended.result = $0 }
    while ended.result == nil { _ = try writer.round() }
    _ = try #require(try ended.result?.get())
    #expect(try marks(path) == 0)
    let left = try writer.perform { db, _ in
      let whole = try db.first("PRAGMA integrity_check") { $0.text(0) }
      return try db.first("SELECT count(*), sum(n) FROM k") { "\(whole ?? "") \($0.int(0)) \($0.int(1))" }
    }
    #expect(left == "ok 1800 1800000")
    try writer.perform { db, _ in
      try db.run("INSERT INTO e (id, p) SELECT id + 100000, p FROM e")
      try db.run("DELETE FROM e WHERE id < 100000")
    }
    let whole = try writer.perform { db, _ in try db.first("PRAGMA integrity_check") { $0.text(0) } }
    #expect(whole == "ok")
    writer.stop()
  }
}

private final class Ended: @unchecked Sendable {
  // Unchecked: the test drives the rounds, on its own thread.
  var result: Result<Int, any Error>?
}
