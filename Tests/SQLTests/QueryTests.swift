import SQL
import Testing

@Suite struct QueryTests {
  private let folder = TestFolder()

  private static let insertion = Query("INSERT INTO notes (id, text) VALUES ($1, $2)")
  private static let all = Query("SELECT id, text FROM notes WHERE id >= $1 ORDER BY id")

  private func connection() throws -> Connection {
    let db = try folder.writer()
    try db.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
    return db
  }

  private func add(_ id: Int, _ text: String?, _ db: Connection) throws {
    try db.run(Self.insertion) {
      $0.bind(1, id)
      $0.bind(2, text)
    }
  }

  private func notes(_ db: Connection) throws -> [String?] {
    try db.query(Self.all, { $0.bind(1, 0) }) { $0.optionalText(1) }
  }

  @Test("a value that is left out is an error, never the value of the time before")
  func missingValue() throws {
    let db = try connection()
    try add(1, "of Ann", db)
    #expect(throws: SQLError.self) { try db.run(Self.insertion) { $0.bind(1, 2) } }
    try add(3, nil, db)
    #expect(try notes(db) == ["of Ann", nil])
  }

  @Test("a query may be asked inside its own loop")
  func nested() throws {
    let db = try connection()
    for id in 1...3 { try add(id, "\(id)", db) }
    var pairs = 0
    try db.each(Self.all, { $0.bind(1, 2) }) { row in
      pairs += try db.query(Self.all, { $0.bind(1, row.int(0)) }) { $0.int(0) }.count
      return true
    }
    #expect(pairs == 3)
  }

  @Test("a query goes on after the connection was opened anew")
  func reopened() throws {
    let db = try connection()
    try add(1, "before", db)
    try db.reopen()
    try add(2, "after", db)
    #expect(try notes(db) == ["before", "after"])
  }
}
