import ArgumentParser
import Foundation

/// Which server, and the right to speak to it.
struct ServerOptions: ParsableArguments {
  @Option(help: "Where the server listens; also ZVENO_URL.")
  var url: String?

  @Option(
    help:
      "A key that may do this (admin may everything); also ZVENO_KEY or ZVENO_ADMIN_KEY, which keep it out of the process list."
  )
  var key: String?

  var client: Client { client(at: nil) }

  /// - Parameter other: wins.
  func client(at other: String?) -> Client {
    let environment = ProcessInfo.processInfo.environment
    let given = other ?? url ?? environment["ZVENO_URL"] ?? Client.standardURL
    return Client(
      base: given.hasSuffix("/") ? String(given.dropLast()) : given,
      key: key ?? environment["ZVENO_KEY"] ?? environment["ZVENO_ADMIN_KEY"])
  }
}
