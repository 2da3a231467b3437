import Erasure
import Migrations
import SQL
import Testing

@Suite struct ErasedTablesTests {
  @Test func `every table says what an erasure does with it`() throws {
    let db = try Connection(path: ":memory:", mode: .writer)
    try Migrator(Migrations.all).migrate(db)
    let tables = Set(try db.query("SELECT name FROM sqlite_schema WHERE type = 'table'") { $0.text(0) })
      .subtracting(["sqlite_sequence"])
    #expect(tables.subtracting(ErasedTables.all.keys) == [], "name them in ErasedTables")
    #expect(Set(ErasedTables.all.keys).subtracting(tables) == [], "they are no more")
  }

  @Test func `a table with a contact is never called impersonal`() throws {
    let db = try Connection(path: ":memory:", mode: .writer)
    try Migrator(Migrations.all).migrate(db)
    for (table, fate) in ErasedTables.all {
      // Of the audit trail his number stays, which then stands for nobody.
      guard case .impersonal = fate, table != "audit" else { continue }
      let columns = try db.query("SELECT name FROM pragma_table_info('\(table)')") { $0.text(0) }
      #expect(!columns.contains("contact"), "\(table)")
    }
  }
}
