import Engine
import JSON
import Logging
import SQL
import Synchronization
import Testing

@testable import API

/// What those who watch a server are told, and how little of it there may be.
@Suite struct MonitoringTests {
  private static func samples(_ family: String, _ text: String) -> [String: Int] {
    let lines = text.split(separator: "\n").filter { $0.hasPrefix(family + "{") }
    return Dictionary(
      lines.compactMap { line in
        line.lastIndex(of: " ").flatMap { end in
          Int(line[line.index(after: end)...]).map { (String(line[..<end].dropFirst(family.count)), $0) }
        }
      }, uniquingKeysWith: { $1 })
  }

  @Test("ten thousand event types are few figures, none is lost, and one called other is among the others")
  func eventTypes() throws {
    let api = try TestAPI()
    let early = #"{"type":"other","contact":{"id":"ann"}}"# + "\n" + #"{"type":"cart","contact":{"id":"ann"}}"#
    #expect(api.call("POST", "/v1/events", early, type: "application/x-ndjson").status == 202)
    let strange = (0..<9_998).map { #"{"type":"order.\#($0)","contact":{"id":"ann"}}"# }.joined(separator: "\n")
    #expect(api.call("POST", "/v1/events", strange, type: "application/x-ndjson").json["accepted"] == 9_998)
    #expect(api.call("POST", "/v1/events", early, type: "application/x-ndjson").status == 202)
    let counts = Self.samples("zveno_events_accepted_total", api.call("GET", "/metrics").text)
    #expect(counts.count == 200)
    #expect(counts.values.reduce(0, +) == 10_002)
    #expect(counts[#"{type="cart"}"#] == 2)
    #expect(counts[#"{type="order.197"}"#] == 1)
    #expect(counts[#"{type="order.198"}"#] == nil)
    #expect(counts[#"{type="other"}"#] == 9_998 - 198 + 2)
  }

  @Test("chains beyond the bound share one line, old versions have none, and runs of both are counted")
  func funnel() {
    var figures: [Counters.Key: Int64] = [:]
    func count(_ chain: Int64, _ version: Int64, _ step: String, _ outcome: String, _ count: Int64) {
      figures[Counters.Key(chain: chain, version: version, step: step, outcome: outcome)] = count
    }
    for version in 1...12 as ClosedRange<Int64> { count(1, version, "", "entered", 10) }
    for chain in 2...40 as ClosedRange<Int64> {
      count(chain, 1, "", "entered", 5)
      count(chain, 1, "", "finished", 2)
      for step in 0..<5 { for figure in ["planned", "pending"] { count(chain, 1, "s\(step)", figure, 1) } }
    }
    let names = Dictionary(uniqueKeysWithValues: (1...40 as ClosedRange<Int64>).map { ($0, "c\($0)") })
    var text = MetricsText()
    Funnel(figures, names: names, limits: Funnel.Limits(versions: 10, samples: 100)).write(&text)
    let written = String(decoding: text.bytes, as: UTF8.self)
    let steps = Self.samples("zveno_chain_step_total", written)
    let runs = Self.samples("zveno_chain_runs", written)
    #expect(steps.count <= 110, "\(steps.count)")
    #expect(steps[#"{chain="c1",version="2",step="",outcome="entered"}"#] == nil)
    #expect(steps[#"{chain="c1",version="3",step="",outcome="entered"}"#] == 10)
    #expect(runs[#"{chain="c1",state="active"}"#] == 120)
    // 12 samples of the first chain and 27 of each other: three of them have room.
    #expect(steps[#"{chain="c4",version="1",step="s0",outcome="planned"}"#] == 1)
    #expect(steps[#"{chain="c5",version="1",step="s0",outcome="planned"}"#] == nil)
    #expect(steps[#"{chain="other",version="",step="",outcome="entered"}"#] == 36 * 5)
    #expect(steps[#"{chain="other",version="",step="other",outcome="planned"}"#] == 36 * 5)
    #expect(runs[#"{chain="other",state="active"}"#] == 36 * 3)
    #expect(Self.samples("zveno_chain_step_pending", written)[#"{chain="other",version="",step="other"}"#] == 36 * 5)
  }

  @Test func `a run that waits for nothing is found some scrapes later, and forgotten once it goes on`() throws {
    let api = try TestAPI()
    _ = api.call("PUT", "/v1/chains/calm", #"{"enter":{"event":"signup"},"steps":[{"wait":"8h"}]}"#)
    #expect(api.call("POST", "/v1/chains/calm/publish", "{}").status == 200)
    for name in ["ann", "bob", "eve", "max", "zoe"] {
      _ = api.call("POST", "/v1/events", #"{"type":"signup","contact":{"id":"\#(name)"}}"#)
    }
    try api.settle()
    // Two runs at a time, and one scrape to see that there are no more.
    func walk() -> [String] {
      (0..<4).compactMap { _ in
        api.call("GET", "/metrics").text.split(separator: "\n").first { $0.hasPrefix("zveno_runs_stuck ") }.map(
          String.init)
      }
    }
    #expect(walk() == Array(repeating: "zveno_runs_stuck 0", count: 4))
    let due = try api.writer.perform { db, _ in
      let due = try db.first("SELECT due_at FROM runs WHERE id = 3") { $0.int(0) }
      try db.run("UPDATE runs SET due_at = NULL WHERE id = 3", [])
      return due
    }
    #expect(walk() == ["zveno_runs_stuck 0"] + Array(repeating: "zveno_runs_stuck 1", count: 3))
    try api.writer.perform { db, _ in try db.run("UPDATE runs SET due_at = $1 WHERE id = 3", [.optional(due)]) }
    // With more to read than may be, nobody looks.
    func cursor(_ value: Int64) throws {
      try api.writer.perform { db, _ in
        try db.run("UPDATE facts SET value = $1 WHERE name = 'engine.cursor'", [.text(String(value))])
      }
    }
    let read = try api.writer.perform { db, _ in try Engine.readCursor(db) }
    try cursor(0)
    #expect(walk() == Array(repeating: "zveno_runs_stuck 1", count: 4))
    try cursor(read)
    #expect(walk() == Array(repeating: "zveno_runs_stuck 1", count: 3) + ["zveno_runs_stuck 0"])
  }

  @Test("moves between statuses only rise, while the ledger's figure falls")
  func moves() throws {
    let api = try TestAPI()
    _ = api.call("PUT", "/v1/templates/hello", #"{"subject":"Hello","text":"Hi"}"#)
    let chain = #"{"enter":{"event":"signup"},"steps":[{"send":"email","template":"hello"}]}"#
    _ = api.call("PUT", "/v1/chains/hello", chain)
    #expect(api.call("POST", "/v1/chains/hello/publish", "{}").status == 200)
    _ = api.call("POST", "/v1/events", #"{"type":"signup","contact":{"email":"ann@shop.example"}}"#)
    try api.settle()
    let text = api.call("GET", "/metrics").text
    let (ledger, moves) = (Self.samples("zveno_messages_total", text), Self.samples("zveno_message_moves_total", text))
    #expect(ledger[#"{channel="email",status="planned"}"#] == 0)
    #expect(ledger[#"{channel="email",status="sent"}"#] == 1)
    for status in ["planned", "sending", "sent"] {
      #expect(moves[#"{channel="email",status="\#(status)"}"#] == 1, "\(status)")
    }
    #expect(moves[#"{channel="email",status="failed"}"#] == 0, "there before the first one")
    let busy = #"zveno_http_requests_total{method="POST",route="/v1/chains/{id}/pause",status="503"} 0"#
    #expect(text.contains(busy), "a route that nobody has called")
  }

  @Test("the log's level is shown and changed by an admin, and nothing else is taken for one")
  func logLevel() throws {
    let box = LevelBox()
    let api = try TestAPI(logControl: LogControl(level: { box.level }, set: { box.level = $0 }))
    #expect(api.call("GET", "/v1/log").json == ["level": "info"])
    #expect(api.call("PUT", "/v1/log", #"{"level":"debug"}"#).json == ["level": "debug"])
    #expect(box.level == .debug)
    let refused = api.call("PUT", "/v1/log", #"{"level":"debgu"}"#)
    #expect(refused.status == 422)
    #expect(refused.text.contains("did you mean `debug`?"))
    #expect(api.call("PUT", "/v1/log", #"{}"#).status == 422)
    let reader = api.call("POST", "/v1/keys", #"{"name":"eyes","scopes":["read"]}"#).json["key"]?.string ?? ""
    #expect(api.call("GET", "/v1/log", key: reader).status == 200)
    #expect(api.call("PUT", "/v1/log", #"{"level":"error"}"#, key: reader).status == 403)
    #expect(box.level == .debug)
    try api.writer.perform { _, _ in }
    #expect(api.call("GET", "/v1/audit").items.contains { $0["action"] == "PUT /v1/log" })
    #expect(try TestAPI().call("GET", "/v1/log").status == 404)
  }
}

private final class LevelBox: Sendable {
  private let value = Mutex(Logger.Level.info)

  var level: Logger.Level {
    get { value.withLock { $0 } }
    set { value.withLock { $0 = newValue } }
  }
}
