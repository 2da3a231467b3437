import ArgumentParser
import Domain
import Foundation
import JSON

struct RehearseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rehearse",
    abstract: "Lives through a chain with the events that are stored: who would have got what.",
    discussion: """
      The draft of the chain, else its live version, meets the events of that time on a virtual clock, beside the server's
      work; nothing is sent and nothing is changed. Ctrl-C leaves it to the server, which goes on; --json prints all of
      its answer. The key needs the scope read or edit.

      EXAMPLES
        zveno rehearse cart --from 2026-02-01 --to 2026-03-01
        zveno rehearse cart --from 2026-02-01T00:00:00+03:00 --to 2026-02-02T00:00:00+03:00 --json
      """.paragraphs)

  @Argument(help: "The chain's id.")
  var chain: String

  @Option(help: "The first moment, RFC 3339; a date alone is its midnight in UTC.")
  var from: String

  @Option(help: "The moment after the last; must have passed.")
  var to: String

  @Flag(help: "The answer of the server as it is.")
  var json = false

  @OptionGroup var server: ServerOptions

  private static let pollMilliseconds = 200

  func run() async throws {
    try await ending {
      let client = server.client
      let time: JSONValue = ["from": .string(try moment(from, "from")), "to": .string(try moment(to, "to"))]
      let begun = try await client.expect(
        "POST", "/v1/chains/\(chain.pathSegment)/rehearse", json: time, status: [202], fields: ["id"])
      let path = "/v1/rehearsals/\((begun["id"]?.string ?? "").pathSegment)"
      let progress = Progress("rehearsing \(chain)", told: !json)
      defer { progress.end() }
      while true {
        let status = try await client.expect("GET", path, fields: ["state"])
        switch status["state"]?.string {
        case "waiting": progress.show("waiting for another rehearsal")
        case "running":
          let share = Double(status["progress"]?.number?.text ?? "") ?? 0
          progress.show("rehearsing \(chain)", Int64(share * 1000), of: 1000) { "\($0 / 10) %" }
        case "done":
          progress.end()
          return Terminal.out(json ? status.pretty() : RehearsalText(status).text)
        case let state:
          throw Refused(
            "the rehearsal \(state ?? "is gone"): \(status["detail"]?.string ?? "")", status: ExitStatus.found)
        }
        try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
      }
    }
  }

  private func moment(_ text: String, _ option: String) throws -> String {
    let whole = text.count == 10 ? text + "T00:00:00Z" : text
    guard Timestamp(rfc3339: whole) != nil else {
      throw Refused(
        "expected --\(option) to be a date or a time by RFC 3339, as in 2026-02-01 or 2026-02-01T09:00:00Z, got "
          + quoted(text), status: ExitStatus.usage)
    }
    return whole
  }
}

/// What came of a rehearsal, for people.
struct RehearsalText {
  private let answer: JSONValue

  init(_ answer: JSONValue) { self.answer = answer }

  var text: String {
    var lines = [
      "\(figure("entries")) came in, \(figure("inside")) still inside at the end",
      "\(figure("messages")) messages, \(answer["price"]?.string ?? "0.00") in all",
    ]
    lines += list("by_channel") { "  \(word($0, "channel")): \(figure("messages", of: $0)) for \(word($0, "price"))" }
    if let capped = answer["capped"]?.number?.int, capped > 0 { lines.append("\(capped) held back by frequency caps") }
    lines += list("unsent") { "  not sent, \(word($0, "reason")): \(figure("messages", of: $0))" }
    lines += list("overlap") {
      "also in \(word($0, "chain")): \(figure("contacts", of: $0)) contacts, \(figure("messages", of: $0)) messages"
    }
    lines += list("assumed") { "assumed: \($0.string ?? $0.text)" }
    for sample in answer["samples"]?.array?.prefix(3) ?? [] {
      lines.append("for example \(word(sample, "contact")):")
      lines += (sample["timeline"]?.array ?? []).prefix(20).map { line in
        var what = line.object ?? [:]
        what["at"] = nil
        return "  \(word(line, "at"))  \(JSONValue.object(what).text.printable)"
      }
    }
    return lines.joined(separator: "\n")
  }

  private func list(_ name: String, _ line: (JSONValue) -> String) -> [String] {
    (answer[name]?.array ?? []).map(line)
  }

  private func figure(_ name: String, of value: JSONValue? = nil) -> String {
    (value ?? answer)[name]?.number?.text ?? "0"
  }

  private func word(_ value: JSONValue, _ name: String) -> String { (value[name]?.string ?? "").printable }
}
