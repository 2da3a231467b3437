import ArgumentParser
import Foundation
import JSON

/// For container runtimes and people: one word, and the status says the same.
struct HealthCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Asks a running server whether it can take and process events (exit 0) or not (1).",
    discussion: "EXAMPLE\n  zveno health --url http://127.0.0.1:8080")

  @Option(help: "Where the server listens; also ZVENO_URL.")
  var url: String?

  @Flag(help: "Ask only whether it is alive.")
  var alive = false

  func run() async throws {
    try await ending {
      let base = url ?? ProcessInfo.processInfo.environment["ZVENO_URL"] ?? Client.standardURL
      let answer = try await Client(base: base, key: nil).call("GET", alive ? "/healthz" : "/readyz")
      let well = answer.status == 200
      Terminal.out(
        well
          ? answer.json?["status"]?.string ?? (alive ? "alive" : "ready")
          : "not ready: \(answer.json?["detail"]?.string ?? "")")
      if !well { throw ExitStatus.found }
    }
  }
}
