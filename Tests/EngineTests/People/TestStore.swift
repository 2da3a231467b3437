import Migrations
import SQL

/// A file of its own for one test, in the layout of a data folder.
final class TestStore {
  let db: Connection

  init() throws {
    db = try Connection(path: ":memory:", mode: .writer)
    try Migrator(Migrations.all).migrate(db)
  }
}
