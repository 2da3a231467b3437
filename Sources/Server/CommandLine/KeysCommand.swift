import ArgumentParser
import Foundation
import JSON

struct KeysCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Makes, lists and revokes the keys of a running server.",
    discussion: """
      EXAMPLES
        zveno keys create --name shop --scope events --scope read
        zveno keys list
        zveno keys revoke k1f3a9c20

      The admin key is taken from --key, ZVENO_KEY or ZVENO_ADMIN_KEY.
      """,
    subcommands: [CreateKey.self, ListKeys.self, RevokeKey.self])
}

/// Which server, and the right to speak to it.
struct ServerOptions: ParsableArguments {
  @Option(help: "Where the server listens; also ZVENO_URL.")
  var url: String?

  @Option(
    help:
      "A key that may do this (admin may everything); also ZVENO_KEY or ZVENO_ADMIN_KEY, which keep it out of the process list."
  )
  var key: String?

  var client: Client {
    let environment = ProcessInfo.processInfo.environment
    return Client(
      base: url ?? environment["ZVENO_URL"] ?? Client.standardURL,
      key: key ?? environment["ZVENO_KEY"] ?? environment["ZVENO_ADMIN_KEY"])
  }
}

struct CreateKey: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Makes a key and shows it this once.")

  @OptionGroup var server: ServerOptions

  @Option(help: "For people: who uses it.")
  var name: String

  @Option(help: "events, site, read, edit, operate, metrics or admin; may be given several times.")
  var scope: [String]

  func run() async throws {
    try await ending {
      let body: JSONValue = ["name": .string(name), "scopes": .array(scope.map { .string($0) })]
      let answer = try await server.client.expect("POST", "/v1/keys", json: body)
      Terminal.out("id:  \(answer["id"]?.string ?? "")")
      Terminal.out("key: \(answer["key"]?.string ?? "")")
    }
  }
}

struct ListKeys: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the keys, not their secrets.")

  @OptionGroup var server: ServerOptions

  func run() async throws {
    try await ending {
      let answer = try await server.client.expect("GET", "/v1/keys?limit=1000")
      for key in answer["items"]?.array ?? [] {
        let scopes = (key["scopes"]?.array ?? []).compactMap(\.string).joined(separator: ",")
        Terminal.out("\(key["id"]?.string ?? "")\t\(scopes)\t\(key["name"]?.string ?? "")")
      }
    }
  }
}

struct RevokeKey: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Ends a key at once.")

  @OptionGroup var server: ServerOptions

  @Argument(help: "The key's id, as `keys list` shows it.")
  var id: String

  func run() async throws {
    try await ending {
      let path = id.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? id
      _ = try await server.client.expect("DELETE", "/v1/keys/\(path)")
      Terminal.out("revoked \(id)")
    }
  }
}
