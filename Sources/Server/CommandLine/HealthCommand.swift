import ArgumentParser
import JSON

/// For container runtimes and people: one word, and the status says the same.
struct HealthCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Asks a running server whether it can take and process events (exit 0) or not (1).",
    discussion: """
      EXAMPLES
        zveno health
        zveno health --url http://127.0.0.1:8080 --alive
        zveno health --json
      """.paragraphs)

  @Flag(help: "Ask only whether it is alive.")
  var alive = false

  @Flag(help: "Print the server's answer.")
  var json = false

  @OptionGroup var server: ServerOptions

  func run() async throws {
    try await ending {
      let answer = try await server.client.call("GET", alive ? "/healthz" : "/readyz")
      let well = answer.status == 200 && answer.json?["status"]?.string != nil
      Terminal.out(
        json
          ? (answer.json ?? .null).text
          : well
            ? answer.json?["status"]?.string ?? ""
            : "not ready: \(answer.json?["detail"]?.string ?? "answered \(answer.status)")")
      if !well { throw ExitStatus.found }
    }
  }
}
