import ArgumentParser
import Foundation
import Glibc
import JSON

struct ReleaseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "Lets a held server act: shows what is due, asks, and sets it going.",
    discussion: """
      A server is held when its database is a copy (a restored backup, a copied folder), so that what the original has sent
      is not sent again. Make sure that the original is off. Everything that fell due meanwhile passes the chains' `late`:
      by default marketing that is more than a day overdue is skipped.

      EXAMPLES
        zveno release
        zveno release --yes --json --url http://127.0.0.1:8080
      """.paragraphs)

  @Flag(help: "Do not ask.")
  var yes = false

  @Flag(help: "Print one JSON object at the end; what is due is told on stderr.")
  var json = false

  @OptionGroup var server: ServerOptions

  func run() async throws {
    try await ending {
      let client = server.client
      let hold = try await client.expect("GET", "/v1/hold", fields: ["held"])
      guard hold["held"]?.bool == true else {
        return Terminal.out(json ? hold.text : "\(client.base) is not held")
      }
      let tell = json ? Terminal.error : Terminal.out
      tell("held since \(text(hold, "since")): \(text(hold, "reason"))")
      tell(
        "due at \(text(hold, "at")): \(count(hold["due"], "runs")) runs, \(count(hold["due"], "messages")) messages; "
          + "events waiting: \(count(hold, "events_waiting"))")
      guard yes || confirmed() else {
        throw Refused("nothing was released: answer yes, or give --yes", status: ExitStatus.found)
      }
      let body: JSONValue = ["due": hold["due"]?["total"] ?? 0, "at": hold["at"] ?? .null]
      let answer = try await client.expect("POST", "/v1/release", json: body, fields: ["held"])
      Terminal.out(json ? answer.text : "released")
    }
  }

  private func confirmed() -> Bool {
    guard isatty(STDIN_FILENO) == 1 else { return false }
    Terminal.write("Is the original off, and is this to act now? [yes/no] ", to: STDERR_FILENO)
    return readLine()?.lowercased() == "yes"
  }

  private func text(_ value: JSONValue, _ name: String) -> String { value[name]?.string ?? "" }

  private func count(_ value: JSONValue?, _ name: String) -> String { value?[name]?.number?.text ?? "0" }
}
