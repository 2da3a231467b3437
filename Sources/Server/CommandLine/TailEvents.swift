import ArgumentParser
import JSON

struct TailEvents: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tail", abstract: "Shows the newest events and then each that comes in, until Ctrl-C.",
    discussion: """
      Events are shown in the order in which the server took them, its own among them. A server that restarts is waited
      for. The key needs the scope read.

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
  private static let longestPauseMilliseconds = 5_000
  /// Too busy, or a proxy before it whose server is gone.
  private static let away = [429, 502, 503, 504]

  func run() async throws {
    try await ending {
      guard (0...1000).contains(last) else {
        throw Refused("expected --last to be 0 to 1000, got \(last)", status: ExitStatus.usage)
      }
      let client = server.client
      let first = try await client.expect("GET", "/v1/events?limit=\(max(last, 1))", fields: ["items"])
      let newest = first["items"]?.array ?? []
      var since = newest.first?["seq"]?.number?.int ?? 0
      var left = count ?? .max
      guard try show(newest.prefix(last).reversed(), &left) else { return }
      while true {
        let items = try await page(after: since, client)
        since = items.last?["seq"]?.number?.int ?? since
        guard try show(items, &left) else { return }
        if items.isEmpty { try await Task.sleep(for: .milliseconds(Self.pauseMilliseconds)) }
      }
    }
  }

  /// A restart of the server is waited for, however long it takes.
  private func page(after since: Int64, _ client: Client) async throws -> [JSONValue] {
    var pause = Self.pauseMilliseconds
    while true {
      do {
        let answer = try await client.call("GET", "/v1/events?since=\(since)&limit=\(Self.page)")
        guard Self.away.contains(answer.status) else {
          return try client.good(answer, fields: ["items"])["items"]?.array ?? []
        }
      } catch let refused as Refused {
        guard refused.status == ExitStatus.unavailable else { throw refused }
      }
      if pause == Self.pauseMilliseconds { Terminal.error("zveno: no answer from \(client.base); waiting for it") }
      try await Task.sleep(for: .milliseconds(pause))
      pause = min(pause * 2, Self.longestPauseMilliseconds)
    }
  }

  /// Whether more is wanted.
  private func show(_ items: [JSONValue], _ left: inout Int) throws -> Bool {
    for item in items where type.isEmpty || type.contains(item["type"]?.string ?? "") {
      guard left > 0 else { return false }
      left -= 1
      Terminal.out(json ? item.text : Self.line(item))
    }
    try Terminal.check()
    return left > 0
  }

  private static func line(_ event: JSONValue) -> String {
    let contact = event["contact"]
    let who = ["id", "email", "phone", "anonymous_id"].compactMap { contact?[$0]?.string }.first ?? "-"
    let properties = event["properties"]?.text ?? "{}"
    return [event["at"]?.string ?? "", event["type"]?.string ?? "", who, properties].joined(separator: "  ").printable
  }
}
