import Foundation
import JSON

/// The figures of a self-test.
struct SelfTestReport {
  var sync: Rate?
  var single: Rate?
  var batched: Rate?
  var decided: Rate?
  var woken: Rate?
  var messages: Rate?
  var read: Rate?
  var scrapes: Rate?
  var residentBytes = 0

  private var rows: [(key: String, name: String, unit: String, rate: Rate?)] {
    [
      ("syncs", "pages made durable, one after the other", "syncs/s", sync),
      ("read_events", "texts of events read and checked, one thread", "events/s", read),
      ("events", "events accepted, one a call, 64 connections", "events/s", single),
      ("batched_events", "events accepted, 1,000 a call", "events/s", batched),
      ("decided_events", "events accepted and decided, 50 live chains", "events/s", decided),
      ("woken_runs", "runs woken when their second is over, and ended", "runs/s", woken),
      ("messages", "messages of 5 KB: entered, planned, rendered, taken", "messages/s", messages),
      ("scrapes", "GET /metrics, one after the other", "calls/s", scrapes),
    ]
  }

  var text: String {
    let lines = rows.compactMap { row -> String? in
      guard let rate = row.rate else { return nil }
      let name = row.name.padding(toLength: 52, withPad: " ", startingAt: 0)
      let figure = String(rate.perSecond)
      let space = String(repeating: " ", count: max(0, 9 - figure.count))
      return name + space + figure + " " + row.unit + latencies(rate)
    }
    let rest = [
      "", "memory at the end: \(residentBytes >> 20) MB",
      "an hour: \((messages?.perSecond ?? 0) * 3600) messages, as far as the providers take them",
    ]
    return (lines + rest).joined(separator: "\n")
  }

  private func latencies(_ rate: Rate) -> String {
    guard let half = rate.latency(0.5), let most = rate.latency(0.99) else { return "" }
    return String(format: "   p50 %.2f ms, p99 %.2f ms", half, most)
  }

  var json: JSONValue {
    var object: JSONObject = [:]
    for row in rows {
      guard let rate = row.rate else { continue }
      var figures: JSONObject = ["per_second": .number(JSONNumber(Int64(rate.perSecond)))]
      for (name, share) in [("p50_ms", 0.5), ("p99_ms", 0.99)] {
        guard let latency = rate.latency(share) else { continue }
        figures[name] = try? JSONValue(parsing: Array(String(format: "%.3f", latency).utf8))
      }
      object[row.key] = .object(figures)
    }
    object["resident_bytes"] = .number(JSONNumber(Int64(residentBytes)))
    return .object(object)
  }
}
