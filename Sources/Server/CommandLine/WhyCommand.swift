import ArgumentParser
import JSON

struct WhyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why", abstract: "Says why a contact got a chain's messages, did not, or never entered.",
    discussion: """
      Every decision with the values and the events it saw, the first that failed, what would make it true and until when.
      The key needs the scope read or edit.

      EXAMPLES
        zveno why cart ann
        zveno why cart email:ann@shop.example --runs 1
        zveno why cart ann --version 3 --json
      """.paragraphs)

  @Argument(help: "The chain's id.")
  var chain: String

  @Argument(help: "The contact's id, or email:…, phone:…, anonymous:….")
  var contact: String

  @Option(help: "Whose rules events are judged by, instead of the version that was live then.")
  var version: Int?

  @Option(help: "How many of his runs are told, the newest first.")
  var runs = 1

  @Flag(help: "The answer of the server as it is.")
  var json = false

  @OptionGroup var server: ServerOptions

  func run() async throws {
    try await ending {
      let asked = version.map { "&version=\($0)" } ?? ""
      let path = "/v1/chains/\(chain.pathSegment)/why/\(contact.pathSegment)?limit=\(max(1, min(runs, 50)))\(asked)"
      let answer = try await server.client.expect("GET", path)
      Terminal.out(json ? answer.pretty() : WhyText(answer).text)
    }
  }
}
