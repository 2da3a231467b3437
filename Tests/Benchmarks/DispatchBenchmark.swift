import Domain
import Foundation
import Ingest
import SQL

/// Messages handed over a second: planned → claimed → rendered → an adapter that answers at once → recorded.
struct DispatchBenchmark {
  let seconds: Double

  /// A letter of about 5 KB with a dozen values and four links.
  private static let html: String = {
    let paragraph = "<p>A paragraph about things that somebody may like to buy, the same for all.</p>\n"
    let block = """
      \(String(repeating: paragraph, count: 14))<p>{{contact.id}}, see {{trigger.sku}} and {{trigger.category}}:
      <a href="https://shop.example/catalog/{{trigger.sku}}">look</a></p>
      """
    return "<html><body><h1>Hello</h1>\(String(repeating: block, count: 4))</body></html>"
  }()

  func run() throws {
    try Figure(name: "messages handed over, 5 KB letter, null adapter", unit: "messages/s").measure {
      let chain = #"{"enter":{"event":"view"},"reenter":"always","steps":[{"send":"email","template":"letter"}]}"#
      let world = try BenchWorld(chains: [chain], template: ("Hello {{contact.id}}", Self.html))
      defer { world.close() }
      let count = Int(3000 * min(seconds, 5))
      let log = world.log
      let events = (0..<count).map { index in
        IncomingEvent(
          type: "view", keys: ContactKeys(id: "c\(index)", email: "c\(index)@shop.example"),
          properties: Array(#"{"sku":"a\#(index)","category":"phones"}"#.utf8))
      }
      let elapsed = try timed {
        try world.writer.perform { db, now in _ = try log.append(events, now: now, db) }
        try world.drain()
      }
      return (count, elapsed)
    }
  }
}
