import Domain
import Foundation
import Ingest
import JSON

/// Text of events read a second, on one core: parsed and checked in full, as intake does before it asks the writer.
struct JSONBenchmark {
  let seconds: Double

  func run() throws {
    let plain = (0..<10_000).map { BenchWorld.body(contact: $0) }
    try measure("event text read and checked, plain events", plain)
    let bytes = plain.reduce(0) { $0 + $1.count }
    try Figure(name: "JSON parsed into a tree, the same events", unit: "kB/s").measure {
      let elapsed = try timed { for body in plain { _ = try JSONDocument(parsing: body) } }
      return (bytes / 1000, elapsed)
    }
  }

  private func measure(_ name: String, _ bodies: [[UInt8]]) throws {
    let reader = EventReader()
    let now = BenchWorld.milliseconds()
    let bytes = bodies.reduce(0) { $0 + $1.count }
    try Figure(name: name, unit: "kB/s").measure {
      let elapsed = try timed { for body in bodies { _ = try reader.read(body, .json, now: now) } }
      return (bytes / 1000, elapsed)
    }
  }
}
