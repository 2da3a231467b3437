import SQL
import Testing

@Suite struct KeptRowsTests {
  private let folder = TestFolder()
  private struct Refused: Error {}

  /// Reads notes and counts how often the file was asked.
  private final class Reader {
    let db: Connection
    let kept = KeptRows<String>(of: "notes", capacity: 2)
    var reads = 0

    init(_ db: Connection) throws {
      self.db = db
      try db.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
      for id in 1...9 { try db.run("INSERT INTO notes VALUES ($1, $2)", [.int(id), .text("note \(id)")]) }
    }

    func note(_ id: Int64, over other: Connection? = nil) throws -> String? {
      let db = other ?? db
      return try kept.value(id, db) { id in
        reads += 1
        return try db.first("SELECT text FROM notes WHERE id = $1", [.int(id)]) { $0.text(0) }
      }
    }

    func rewrite(_ id: Int64, _ text: String) throws {
      try db.run("UPDATE notes SET text = $2 WHERE id = $1", [.int(id), .text(text)])
    }
  }

  @Test("a row is read once, and again when it was changed or deleted")
  func changes() throws {
    let reader = try Reader(folder.writer())
    for _ in 1...3 { #expect(try reader.note(1) == "note 1") }
    #expect(try reader.note(2) == "note 2")
    #expect(reader.reads == 2)
    try reader.rewrite(1, "changed")
    #expect(try reader.note(1) == "changed")
    #expect(try reader.note(2) == "note 2")
    #expect(reader.reads == 3)
    try reader.db.run("DELETE FROM notes WHERE id = 2")
    #expect(try reader.note(2) == nil)
    try reader.db.run("INSERT INTO notes VALUES (2, 'new')")
    #expect(try reader.note(2) == "new")
  }

  @Test("what was read or kept in a transaction that is rolled back is forgotten")
  func rollback() throws {
    let reader = try Reader(folder.writer())
    let db = reader.db
    _ = try reader.note(1)
    #expect(throws: Refused.self) {
      try db.transaction {
        try reader.rewrite(1, "lost")
        _ = try reader.note(1)
        throw Refused()
      }
    }
    #expect(try reader.note(1) == "note 1")
    try db.transaction {
      #expect(throws: Refused.self) {
        try db.savepoint {
          try reader.rewrite(1, "lost")
          reader.kept.keep("lost", 1, db)
          throw Refused()
        }
      }
      let after = try reader.note(1)
      #expect(after == "note 1")
    }
  }

  @Test("rows are followed over a connection that was opened anew")
  func reopened() throws {
    let reader = try Reader(folder.writer())
    _ = try reader.note(1)
    try reader.db.reopen()
    _ = try reader.note(1)
    try reader.rewrite(1, "changed")
    #expect(try reader.note(1) == "changed")
    #expect(reader.reads == 3)
  }

  @Test("what another connection reads is not kept")
  func otherConnection() throws {
    let reader = try Reader(folder.writer())
    _ = try reader.note(1)
    let other = try folder.writer()
    for _ in 1...2 { #expect(try reader.note(1, over: other) == "note 1") }
    #expect(reader.reads == 3)
  }

  @Test("the last rows are kept and older ones read again")
  func bounded() throws {
    let reader = try Reader(folder.writer())
    for id in Int64(1)...9 { #expect(try reader.note(id) == "note \(id)") }
    _ = try reader.note(9)
    _ = try reader.note(8)
    #expect(reader.reads == 9)
    _ = try reader.note(1)
    #expect(reader.reads == 10)
  }
}
