import API
import Delivery
import Domain
import JSON
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
  let hold: Hold
  let erasures: ErasureFiles
  let keys: Keys
  /// Made by this start, to be shown this once.
  let newAdminKey: String?

  /// - Parameter erasures: the folder for what is kept of erasures; nil: the data folder.
  init(_ options: ServeOptions, durability: Durability, erasures path: String?) throws {
    do {
      folder = try DataFolder(options.data)
      connection = try Connection(path: folder.databasePath, mode: .writer, durability: durability)
    } catch {
      throw Self.refused(error, options)
    }
    do {
      let made = try Self.settle(connection, options, folder.origin, path ?? options.data)
      (identity, clock, clockRemark) = (made.identity, made.choice.clock, made.choice.remark)
      (keys, newAdminKey) = made.admin
      (hold, erasures) = (made.hold, made.erasures)
      try folder.opened()
    } catch {
      // The folder's note stays what it was: it may tell that the file is a copy, or that its log must be there.
      connection.close(keepsLog: true)
      throw Self.refused(error, options)
    }
  }

  /// For a start that goes no further: as an end in good order.
  func close() { connection.close(keepsLog: !folder.notesClosing { _ in }) }

  private static func settle(
    _ db: Connection, _ options: ServeOptions, _ origin: DataFolder.Origin, _ erasures: String
  ) throws -> (
    identity: Identity, choice: ClockChoice, admin: (keys: Keys, made: String?), hold: Hold, erasures: ErasureFiles
  ) {
    let adminKey = try options.adminKey()
    try Migrator(Migrations.all).migrate(db)
    return try db.transaction {
      let identity = try Identity.load(db)
      let choice = try ClockChoice.make(testTime: options.testTime, isNew: identity.isNew, db)
      let now = choice.clock.now()
      if let reason = try HoldReason.found(options, origin, db) {
        try Hold.set(Hold.Fact(since: Timestamp(milliseconds: now), reason: reason), db)
      }
      let hold = try Hold(db)
      if let fact = hold.fact {
        // By this start, or by the restore before it: once for each.
        let object: JSONObject = ["reason": .string(fact.reason), "since": .string(fact.since.rfc3339)]
        try AuditTrail().noteOnce("serve: held", object: object, now: now, db)
      }
      let files = try ErasureFiles(in: erasures, keyIsLost: options.erasureKeyIsLost, db)
      return (identity, choice, try AdminKey.settle(given: adminKey, now: now, db), hold, files)
    }
  }

  private static func refused(_ error: any Error, _ options: ServeOptions) -> any Error {
    switch error {
    case let refusal as StoreRefusal: Refused(refusal.description)
    case let error as SQLError: Refused("the database in \(options.data) cannot be used: \(error)")
    default: error
    }
  }
}
