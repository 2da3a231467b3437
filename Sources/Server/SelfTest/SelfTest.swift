import API
import Foundation
import Ingest
import JSON

/// What this machine sustains, measured through the front door: a whole server in this process, asked over loopback.
struct SelfTest {
  private static let connections = 64
  private static let chains = 50
  /// Of them, how many listen to the type of event that is sent.
  private static let listening = 5
  private static let perBatch = 1_000
  private static let settlingSeconds: Int64 = 300

  let folder: String
  let seconds: Double
  /// Told what is measured now.
  let progress: (String) -> Void

  func run() async throws -> SelfTestReport {
    var report = SelfTestReport()
    progress("the disk")
    report.sync = try DiskProbe(folder: folder).run()
    progress("texts of events")
    report.read = try Self.read(for: seconds / 8)
    let key = KeySecret(random: Chance.bytes(KeySecret.randomBytes)).text
    let options = ServeOptions(data: folder, environment: [AdminKey.variable: key])
    let configuration = try Configuration.read(Array(Self.configuration.utf8), environment: [:]).configuration
    let server = try LiveServer(options, configuration)
    defer { server.stop() }
    let client = Client(base: server.url, key: key)
    let load = try LoadClient(url: server.url, key: key)

    progress("events, one a call")
    report.single = try await load.events(connections: Self.connections, seconds: seconds)
    progress("events in batches")
    report.batched = try await load.batches(of: Self.perBatch, type: "quiet", seconds: seconds)
    try await settle(client)
    progress("decisions")
    try await publishChains(client)
    report.decided = try await timed {
      try await load.batches(of: Self.perBatch, type: "view", seconds: seconds)
    } then: {
      try await settle(client)
    }
    progress("waits")
    report.woken = try await woken(load, client)
    progress("messages")
    try await publishLetter(client)
    report.messages = try await messages(load, client)
    progress("metrics")
    report.scrapes = try await scrapes(client)
    report.residentBytes = HostFigures.process()?.residentBytes ?? 0
    return report
  }

  private static let scrapeCount = 50

  /// Events read and checked by one thread, with nothing behind.
  private static func read(for seconds: Double) throws -> Rate {
    let (reader, body) = (EventReader(), Array(LoadClient.event("quiet").utf8))
    let start = SystemClock.nanoseconds()
    let until = start + Int64(seconds * 1e9)
    var count = 0
    while SystemClock.nanoseconds() < until {
      for _ in 0..<perBatch { _ = try reader.read(body, .json, now: 0) }
      count += perBatch
    }
    return Rate(count: count, seconds: Double(SystemClock.nanoseconds() - start) / 1e9)
  }

  private func scrapes(_ client: Client) async throws -> Rate {
    var latencies: [Double] = []
    for _ in 0..<Self.scrapeCount {
      let start = SystemClock.nanoseconds()
      _ = try await client.call("GET", "/metrics")
      latencies.append(Double(SystemClock.nanoseconds() - start) / 1e6)
    }
    return Rate(count: latencies.count, seconds: latencies.reduce(0, +) / 1000, latencies: latencies)
  }

  private static let configuration = """
    {"listen": "127.0.0.1:0", "channels": {"email": {"adapter": "log", "connections": 32, "consent": "opt_out"}}}
    """

  /// One event in ten fits, and moves or starts a run.
  private func publishChains(_ client: Client) async throws {
    for number in 0..<Self.chains {
      let type = number < Self.listening ? "view" : "other_\(number)"
      let chain: JSONValue = [
        "enter": ["event": .string(type), "where": ["price": 0]], "stop_when": ["did": "purchase"],
        "reenter": "after_exit", "steps": [["wait": "8h..24h", "reset_on": .string(type)], ["exit": "done"]],
      ]
      try await publish(chain, "selftest-\(number)", client)
    }
  }

  private func publishLetter(_ client: Client) async throws {
    _ = try await client.expect(
      "PUT", "/v1/templates/selftest", json: ["subject": "For {{contact.id}}", "html": .string(Self.letter)],
      status: [201])
    let chain: JSONValue = [
      "enter": ["event": "letter"], "reenter": "always", "steps": [["send": "email", "template": "selftest"]],
    ]
    try await publish(chain, "selftest-letter", client)
  }

  private func publish(_ chain: JSONValue, _ id: String, _ client: Client) async throws {
    _ = try await client.expect("PUT", "/v1/chains/\(id)", json: chain, status: [201])
    _ = try await client.expect("POST", "/v1/chains/\(id)/publish", json: [:])
  }

  /// About 5 KB, with a dozen values and four links.
  private static let letter: String = {
    let paragraph = String(repeating: "<p>A paragraph that is the same for all who get it.</p>\n", count: 20)
    let offer = """
      <p>{{contact.id}}, {{trigger.sku}} in {{trigger.category}}:
      <a href="https://shop.example/{{trigger.sku}}">look</a></p>

      """
    return "<html><body>\(String(repeating: paragraph + offer, count: 4))</body></html>"
  }()

  /// Runs that begin, wait a second on disk, are woken and end: counted from when the first is due, though the last may
  /// have to begin yet.
  private func woken(_ load: LoadClient, _ client: Client) async throws -> Rate {
    let chain: JSONValue = [
      "enter": ["event": "pause"], "reenter": "always", "steps": [["wait": "1s"], ["exit": "done"]],
    ]
    try await publish(chain, "selftest-wait", client)
    let before = try await Figures(client).timers
    let start = SystemClock.nanoseconds()
    let sent = try await load.batches(of: Self.perBatch, type: "pause", seconds: seconds / 8)
    let (count, deadline) = (sent.count, start + Self.settlingSeconds * 1_000_000_000)
    while try await Figures(client).timers < before + count { try await pause(until: deadline) }
    return Rate(count: count, seconds: Double(SystemClock.nanoseconds() - start) / 1e9 - 1)
  }

  /// Letters are sent until the time is up; what counts is until the last has left.
  private func messages(_ load: LoadClient, _ client: Client) async throws -> Rate {
    let before = try await Figures(client).messages
    let sent = try await timed {
      try await load.batches(of: Self.perBatch, type: "letter", seconds: seconds / 4)
    } then: {
      try await settle(client)
    }
    let left = try await Figures(client).messages - before
    return Rate(count: left, seconds: sent.seconds)
  }

  private func timed(_ work: () async throws -> Rate, then: () async throws -> Void) async throws -> Rate {
    let start = SystemClock.nanoseconds()
    let rate = try await work()
    try await then()
    return Rate(count: rate.count, seconds: Double(SystemClock.nanoseconds() - start) / 1e9)
  }

  /// Until the engine has read every event and nothing is on its way out.
  private func settle(_ client: Client) async throws {
    let deadline = SystemClock.nanoseconds() + Self.settlingSeconds * 1_000_000_000
    while try await !Figures(client).isSettled { try await pause(until: deadline) }
  }

  private func pause(until deadline: Int64) async throws {
    guard SystemClock.nanoseconds() < deadline else {
      throw Refused("the server did not work off what it was sent within \(Self.settlingSeconds) s")
    }
    try await Task.sleep(for: .milliseconds(20))
  }
}

/// What was done in how long.
struct Rate: Sendable {
  let count: Int
  let seconds: Double
  /// Of each, in milliseconds, where it was measured.
  var latencies: [Double] = []

  var perSecond: Int { seconds > 0 ? Int(Double(count) / seconds) : 0 }

  /// - Parameter share: 0.99 for the 99th percentile.
  func latency(_ share: Double) -> Double? {
    let sorted = latencies.sorted()
    return sorted.isEmpty ? nil : sorted[Int(Double(sorted.count - 1) * share)]
  }
}

/// What the server's own `/metrics` say.
private struct Figures {
  let messages: Int
  /// Timers that have acted.
  let timers: Int
  let isSettled: Bool

  init(_ client: Client) async throws {
    let text = String(decoding: try await client.call("GET", "/metrics").body, as: UTF8.self)
    var figures: [String: Int] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else { continue }
      figures[String(line[..<space])] = Int(exactly: value.rounded())
    }
    func messages(_ status: String) -> Int {
      figures[#"zveno_messages_total{channel="email",status="\#(status)"}"#] ?? 0
    }
    self.messages = messages("sent")
    timers = figures[#"zveno_decisions_total{cause="timer"}"#] ?? 0
    isSettled = figures["zveno_engine_unread_events"] == 0 && messages("planned") + messages("sending") == 0
  }
}
