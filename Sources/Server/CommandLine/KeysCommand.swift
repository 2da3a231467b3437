import ArgumentParser
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
      """.paragraphs,
    subcommands: [CreateKey.self, ListKeys.self, RevokeKey.self])
}

struct CreateKey: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Makes a key and shows it this once.",
    discussion: """
      Scopes: events (posts events, contacts, imports), site (events and offers, for a site's pages), read, edit, operate
      (tasks, resolve, suppressions), metrics, admin (everything). The key that makes it needs the scope admin.

      EXAMPLES
        zveno keys create --name shop --scope events --scope read
        zveno keys create --name prometheus --scope metrics --json
        zveno keys create --name site --scope site --rate 50 --burst 200 --expires 2027-01-01T00:00:00Z
      """.paragraphs)

  @Option(help: "For people: who uses it.")
  var name: String

  @Option(
    help: "What it may; may be given several times.",
    completion: .list(["events", "site", "read", "edit", "operate", "metrics", "admin"]))
  var scope: [String]

  @Option(help: "Calls a second that are answered; beyond them 429.")
  var rate: Double?

  @Option(help: "Calls at once that --rate allows.")
  var burst: Int?

  @Option(help: "From this moment on (RFC 3339) it is no key.")
  var expires: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var server: ServerOptions

  func run() async throws {
    try await ending {
      guard burst == nil || rate != nil else {
        throw Refused("expected --burst beside --rate alone", status: ExitStatus.usage)
      }
      var body: JSONObject = ["name": .string(name), "scopes": .array(scope.map { .string($0) })]
      if let rate {
        var limit = JSONObject()
        limit["per_second"] = JSONNumber(rate).map { .number($0) }
        limit["burst"] = burst.map { .number(JSONNumber($0)) }
        body["rate"] = .object(limit)
      }
      body["expires_at"] = expires.map { .string($0) }
      let answer = try await server.client.expect(
        "POST", "/v1/keys", json: .object(body), status: [201], fields: ["id", "key"])
      if json { return Terminal.out(answer.pretty()) }
      Terminal.out("id:  \(answer["id"]?.string ?? "")")
      Terminal.out("key: \(answer["key"]?.string ?? "")")
    }
  }
}

struct ListKeys: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the keys, not their secrets.",
    discussion: """
      Id, scopes, name, when it was used last.

      EXAMPLES
        zveno keys list
        zveno keys list --json
      """.paragraphs)

  @Flag(help: "Print a JSON array.")
  var json = false

  @OptionGroup var server: ServerOptions

  func run() async throws {
    try await ending {
      let client = server.client
      var (keys, after) = ([JSONValue](), "")
      repeat {
        let page = try await client.expect("GET", "/v1/keys?limit=1000\(after)", fields: ["items", "next"])
        keys += page["items"]?.array ?? []
        after = page["next"]?.string.map { "&after=\($0.pathSegment)" } ?? ""
      } while !after.isEmpty
      if json { return Terminal.out(JSONValue.array(keys).pretty()) }
      for key in keys {
        let scopes = (key["scopes"]?.array ?? []).compactMap(\.string).joined(separator: ",")
        let fields = [
          key["id"]?.string ?? "", scopes, key["name"]?.string ?? "", key["last_used_at"]?.string ?? "never",
        ]
        Terminal.out(fields.map(\.printable).joined(separator: "\t"))
      }
    }
  }
}

struct RevokeKey: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Ends a key at once.",
    discussion: """
      EXAMPLES
        zveno keys revoke k1f3a9c20
      """.paragraphs)

  @OptionGroup var server: ServerOptions

  @Argument(help: "The key's id, as `keys list` shows it.")
  var id: String

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() async throws {
    try await ending {
      try await server.client.expect("DELETE", "/v1/keys/\(id.pathSegment)", status: [204])
      Terminal.out(json ? JSONValue.object(["revoked": .string(id)]).text : "revoked \(id)")
    }
  }
}
