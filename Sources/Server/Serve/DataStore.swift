import API
import Migrations
import SQL

/// A data folder, opened and ready: locked, migrated, with an identity and a clock. Everything that can refuse a start
/// on account of the folder does so here, as one line.
struct DataStore {
  let folder: DataFolder
  /// To be handed to the writer.
  let connection: Connection
  let identity: Identity
  let clock: ServerClock
  /// For the person who starts the server.
  let clockRemark: String?
  let keys: Keys
  /// Made by this start, to be shown this once.
  let newAdminKey: String?

  init(_ options: ServeOptions, durability: Durability) throws {
    do {
      let adminKey = try options.adminKey()
      folder = try DataFolder(options.data)
      let connection = try Connection(path: folder.databasePath, mode: .writer, durability: durability)
      self.connection = connection
      try Migrator(Migrations.all).migrate(connection)
      let made = try connection.transaction {
        let identity = try Identity.load(connection)
        let choice = try ClockChoice.make(testTime: options.testTime, isNew: identity.isNew, connection)
        let admin = try AdminKey.settle(given: adminKey, now: choice.clock.now(), connection)
        return (identity: identity, choice: choice, admin: admin)
      }
      (identity, clock, clockRemark) = (made.identity, made.choice.clock, made.choice.remark)
      (keys, newAdminKey) = made.admin
    } catch let refusal as StoreRefusal {
      throw Refused(refusal.description)
    } catch let error as SQLError {
      throw Refused("the database in \(options.data) cannot be used: \(error)")
    }
  }
}
