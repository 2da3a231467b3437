import ArgumentParser
import JSON

struct TailEvents: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tail", abstract: "Shows the newest events and then each that comes in, until Ctrl-C.",
    discussion: """
      Events are shown in the order in which the server took them, its own among them. The key needs the scope read.

      EXAMPLES
        zveno events tail
        zveno events tail --type cart --type purchase --last 100
        zveno events tail --json --count 1000 > sample.ndjson
      """.paragraphs)

  @Option(help: "Only events of this type; may be given several times.")
  var type: [String] = []

  @Option(help: "How many of the newest are shown first, 0 to 1000, whatever their type.")
  var last = 10

  @Option(help: "End after so many.")
  var count: Int?

  @Flag(help: "Each event as JSON, one a line.")
  var json = false

  @OptionGroup var server: ServerOptions

  private static let page = 500
  private static let pauseMilliseconds = 500

  func run() async throws {
    try await ending {
      guard (0...1000).contains(last) else {
        throw Refused("expected --last to be 0 to 1000, got \(last)", status: ExitStatus.usage)
      }
      let client = server.client
      let newest = try await client.expect("GET", "/v1/events?limit=\(max(last, 1))")["items"]?.array ?? []
      var since = newest.first?["seq"]?.number?.int ?? 0
      var left = count ?? .max
      guard show(newest.prefix(last).reversed(), &left) else { return }
      while true {
        // A restart of the server is waited for.
        let answer = try await client.patient(lost: true) {
          try await client.call("GET", "/v1/events?since=\(since)&limit=\(Self.page)")
        }
        guard answer.isGood else { throw client.refused(answer.status, answer.json) }
        let items = answer.json?["items"]?.array ?? []
        since = items.last?["seq"]?.number?.int ?? since
        guard show(items, &left) else { return }
        if items.isEmpty { try await Task.sleep(for: .milliseconds(Self.pauseMilliseconds)) }
      }
    }
  }

  /// Whether more is wanted.
  private func show(_ items: [JSONValue], _ left: inout Int) -> Bool {
    for item in items where type.isEmpty || type.contains(item["type"]?.string ?? "") {
      guard left > 0 else { return false }
      left -= 1
      Terminal.out(json ? item.text : Self.line(item))
    }
    return left > 0
  }

  private static func line(_ event: JSONValue) -> String {
    let contact = event["contact"]
    let who = ["id", "email", "phone", "anonymous_id"].compactMap { contact?[$0]?.string }.first ?? "-"
    let properties = event["properties"]?.text ?? "{}"
    return [event["at"]?.string ?? "", event["type"]?.string ?? "", who, properties].joined(separator: "  ").printable
  }
}
