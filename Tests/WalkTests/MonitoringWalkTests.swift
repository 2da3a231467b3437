import Foundation
import JSON
import Testing

/// What Prometheus and Grafana are given, held to the server and to Prometheus' own tool.
@Suite("Monitoring", .onItsOwnThread)
struct MonitoringWalkTests {
  private static let prometheus = Shop.shippedConfiguration.appending(path: "prometheus")
  private static let dashboard = Shop.shippedConfiguration.appending(path: "grafana/zveno.json")

  private static func text(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }

  /// Names of metrics that a text asks for, without what histograms add to theirs.
  private static func names(in text: String) -> Set<String> {
    let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    return Set(
      words.filter { $0.hasPrefix("zveno_") || $0.hasPrefix("process_") }.map { word in
        ["_bucket", "_sum", "_count"].first { word.hasSuffix($0) }.map { String(word.dropLast($0.count)) }
          ?? String(word)
      })
  }

  /// A shop where something of everything has happened.
  private static func busyShop() throws -> Shop {
    let shop = try Shop()
    try shop.ann()
    try shop.template("hello", ["subject": "Hello", "text": "Hello"])
    try shop.publish(
      "hello", ["enter": ["event": "signup"], "steps": [["send": "email", "template": "hello", "id": "first"]]])
    try shop.event("signup")
    try shop.settle()
    #expect(try shop.call("GET", "/v1/chains/nothing").status == 404)
    return shop
  }

  @Test("promtool finds nothing to say about /metrics, and what the dashboard and the rules ask for is served")
  func metrics() throws {
    let shop = try Self.busyShop()
    let served = try shop.call("GET", "/metrics").text
    let file = shop.folder.path + "/metrics"
    try served.write(toFile: file, atomically: true, encoding: .utf8)
    try Command.run(["sh", "-c", "promtool check metrics < \"$0\"", file])
    #expect(!Command.works(["sh", "-c", "echo bad-name 1 | promtool check metrics"]), "it does look")

    let known = Set(
      served.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { String($0.split(separator: " ")[2]) })
    for source in [Self.dashboard, Self.prometheus.appending(path: "alerts.yml")] {
      let asked = Self.names(in: try Self.text(source))
      #expect(asked.count > 8)
      #expect(asked.subtracting(known) == [], "\(source.lastPathComponent)")
    }
    for histogram in ["store_commit", "decision_lag", "delivery_lag", "http_request"] {
      let count = served.split(separator: "\n").first { $0.hasPrefix("zveno_\(histogram)_seconds_count") }
      #expect(count.map { !$0.hasSuffix(" 0") } == true, "\(histogram) has been measured")
    }
    let sizes = ["zveno_data_folder_bytes", "zveno_disk_free_bytes", "process_resident_memory_bytes"]
    for name in sizes {
      let line = try #require(served.split(separator: "\n").first { $0.hasPrefix(name + " ") })
      #expect(Double(line.dropFirst(name.count + 1)).map { $0 > 65_536 } == true, "\(line)")
    }
  }

  @Test("every alert rule fires where it must and is quiet elsewhere")
  func alerts() throws {
    try Command.run(["promtool", "check", "rules", Self.prometheus.appending(path: "alerts.yml").path])
    let tests = ["alerts.test.yml", "alerts.week.test.yml"].map { Self.prometheus.appending(path: $0) }
    try Command.run(["promtool", "test", "rules"] + tests.map(\.path))
    let alerts = try Self.text(Self.prometheus.appending(path: "alerts.yml")).split(separator: "\n").compactMap {
      $0.firstRange(of: "- alert: ").map { [line = $0] in String(line[$0.upperBound...]) }
    }
    #expect(alerts.count > 8)
    let tried = try tests.map { try Self.text($0) }.joined()
    for alert in alerts {
      #expect(tried.contains("alertname: \(alert)\n        exp_alerts:\n"), "\(alert) fires")
      #expect(tried.contains("alertname: \(alert)\n        exp_alerts: []\n"), "\(alert) is quiet")
    }
    let told = try Self.text(Self.prometheus.deletingLastPathComponent().appending(path: "../docs/monitoring.md"))
    for alert in alerts { #expect(told.contains("`\(alert)`"), "\(alert) is in docs/monitoring.md") }
  }

  @Test("the dashboard is JSON that Grafana knows: panels with places and queries")
  func dashboard() throws {
    let dashboard = try JSONValue(parsing: Self.text(Self.dashboard))
    let panels = try #require(dashboard["panels"]?.array)
    #expect(dashboard["schemaVersion"]?.number?.int ?? 0 >= 38)
    #expect(panels.count > 20)
    #expect(Set(panels.compactMap { $0["id"]?.number?.int }).count == panels.count)
    var rules = ""
    for panel in panels where panel["type"] != "row" {
      let title = panel["title"]?.string ?? ""
      #expect(panel["gridPos"]?["w"] != nil, "\(title)")
      let queries = panel["targets"]?.array ?? []
      #expect(!queries.isEmpty, "\(title)")
      // Grafana's own words stand for what Prometheus reads.
      for query in queries {
        let text = try #require(query["expr"]?.string)
        let plain = text.replacing("$__rate_interval", with: "5m").replacing("$__range", with: "1d")
        #expect(!Self.names(in: plain).isEmpty, "\(title): \(text)")
        rules += "      - {record: \"panel:\(rules.utf8.count)\", expr: \(JSONValue.string(plain).text)}\n"
      }
    }
    let folder = try TemporaryFolder()
    try folder.write("groups:\n  - name: panels\n    rules:\n" + rules, to: "panels.yml")
    try Command.run(["promtool", "check", "rules", folder.path + "/panels.yml"])
  }

  @Test("the level of the log changes while the server runs, and lines of JSON are JSON")
  func logLevel() throws {
    let folder = try TemporaryFolder()
    let zveno = try Zveno([
      "--data", folder.path + "/data", "--log-format", "json", "--log-level", "error",
    ])
    func put(_ level: String) throws -> Answer {
      try Call.make(
        "PUT", "/v1/log", port: zveno.port,
        headers: [("Authorization", "Bearer \(Zveno.adminKey)"), ("Content-Type", "application/json")],
        body: Array("{\"level\":\"\(level)\"}".utf8))
    }
    func logged() -> [JSONValue] {
      zveno.written.split(separator: "\n").filter { $0.hasPrefix("{") }.compactMap {
        try? JSONValue(parsing: String($0))
      }
    }
    #expect(logged().isEmpty, "an untroubled start is no error")
    #expect(try put("info").json == ["level": "info"])
    #expect(zveno.stop() == 0)
    let lines = logged()
    #expect(lines.contains { $0["message"] == "stopped" && $0["level"] == "info" && $0["from"] == "server" })
    #expect(lines.allSatisfy { $0["time"]?.string?.hasSuffix("Z") == true })
  }
}
