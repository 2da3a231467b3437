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
    try measure("… 1,000 a call, one a line", lines(plain), .lines)
    for dress in EventDress.allCases {
      try measure("… \(dress.rawValue)", (0..<10_000).map { dress.text(EventDress.view($0)) })
    }
    for dress in [EventDress.javascript, .php, .pretty] {
      try measure("… of five things bought, \(dress.rawValue)", (0..<2_000).map { dress.text(EventDress.purchase($0)) })
    }
    let bytes = plain.reduce(0) { $0 + $1.count }
    try Figure(name: "JSON parsed into a tree, the plain events", unit: "kB/s").measure {
      let elapsed = try timed { for body in plain { _ = try JSONDocument(parsing: body) } }
      return (bytes / 1000, elapsed)
    }
  }

  private func lines(_ bodies: [[UInt8]]) -> [[UInt8]] {
    stride(from: 0, to: bodies.count, by: 1_000).map { start in
      Array(bodies[start..<start + 1_000].joined(separator: [UInt8(ascii: "\n")]))
    }
  }

  private func measure(_ name: String, _ bodies: [[UInt8]], _ form: EventReader.Form = .json) throws {
    let reader = EventReader()
    let now = BenchWorld.milliseconds()
    let bytes = bodies.reduce(0) { $0 + $1.count }
    try Figure(name: name, unit: "kB/s").measure {
      let elapsed = try timed {
        for body in bodies {
          for item in try reader.read(body, form, now: now) {
            if case .refused(let issues) = item { throw Refusal(issues) }
          }
        }
      }
      return (bytes / 1000, elapsed)
    }
  }
}
