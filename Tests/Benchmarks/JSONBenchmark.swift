import Domain
import Foundation
import Ingest
import JSON

/// Text of events read in a second of one core, whatever runs beside: parsed and checked in full, as intake does before
/// it asks the writer.
struct JSONBenchmark {
  let seconds: Double

  func run() throws {
    let plain = (0..<10_000).map { BenchWorld.body(contact: $0) }
    try measure("event text read and checked, plain events", plain)
    try measure("… 1,000 a call, one a line", lines(plain), .lines)
    for dress in EventDress.allCases {
      try measure("… \(dress.rawValue)", (0..<10_000).map { dress.text(EventDress.view($0)) })
    }
    for dress in [EventDress.javascript, .php, .pretty] {
      try measure("… of five things bought, \(dress.rawValue)", (0..<2_000).map { dress.text(EventDress.purchase($0)) })
    }
    try measure("JSON parsed into a tree, the plain events", plain) { _ = try JSONDocument(parsing: $0) }
  }

  private func lines(_ bodies: [[UInt8]]) -> [[UInt8]] {
    stride(from: 0, to: bodies.count, by: 1_000).map { start in
      Array(bodies[start..<start + 1_000].joined(separator: [UInt8(ascii: "\n")]))
    }
  }

  private func measure(_ name: String, _ bodies: [[UInt8]], _ form: EventReader.Form = .json) throws {
    let reader = EventReader()
    let now = BenchWorld.milliseconds()
    try measure(name, bodies) { body in
      for case .refused(let issues) in try reader.read(body, form, now: now) { throw Refusal(issues) }
    }
  }

  private func measure(_ name: String, _ bodies: [[UInt8]], _ read: ([UInt8]) throws -> Void) throws {
    let bytes = bodies.reduce(0) { $0 + $1.count }
    try Figure(name: name, unit: "kB/s").measure {
      let start = processorSeconds()
      var (passes, elapsed) = (0, 0.0)
      while elapsed < seconds / 10 {
        for body in bodies { try read(body) }
        passes += 1
        elapsed = processorSeconds() - start
      }
      return (passes * bytes / 1000, elapsed)
    }
  }
}
