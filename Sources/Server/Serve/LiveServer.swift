import Domain
import Logging
import SQL

/// The whole server, wired and running.
final class LiveServer: Sendable {
  let log: Logger

  /// Blocks until it listens. Throws `Refused` when it cannot.
  init(_ options: ServeOptions, _ configuration: Configuration) throws {
    log = Logger(label: "server")
    let store = try DataStore(options, durability: configuration.durability)
    if let remark = store.clockRemark { log.warning("\(remark)") }
    _ = store
  }

  /// Blocks until everything is finished that can be within its time.
  func stop() {}
}
