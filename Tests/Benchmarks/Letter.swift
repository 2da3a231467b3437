import Domain
import Ingest
import SQL

/// What the benchmarks of messages send: a letter of about 5 KB with a dozen values and four links, to whose time comes.
enum Letter {
  static let chain = #"{"enter":{"event":"view"},"steps":[{"wait":"1d"},{"send":"email","template":"letter"}]}"#

  static let template: (text: String, html: String) = {
    let paragraph = "<p>A paragraph about things that somebody may like to buy, the same for all.</p>\n"
    let block = """
      \(String(repeating: paragraph, count: 14))<p>{{contact.id}}, see {{trigger.sku}} and {{trigger.category}}:
      <a href="https://shop.example/catalog/{{trigger.sku}}">look</a></p>
      """
    return ("Hello {{contact.id}}", "<html><body><h1>Hello</h1>\(String(repeating: block, count: 4))</body></html>")
  }()

  /// That many runs, each of a contact of his own, which wait for tomorrow.
  static func prepare(_ count: Int, in world: BenchWorld) throws {
    let (log, batch) = (world.log, 10_000)
    for start in stride(from: 0, to: count, by: batch) {
      let events = (start..<min(count, start + batch)).map { index in
        IncomingEvent(
          type: "view", keys: ContactKeys(id: "c\(index)", email: "c\(index)@shop.example"),
          properties: Array(#"{"sku":"a\#(index)","category":"phones"}"#.utf8))
      }
      try world.writer.perform { db, now in _ = try log.append(events, now: now, db) }
    }
    try world.drain()
  }

  struct Unsent: Error { let expected: Int, sent: Int }

  /// Seconds from the moment when they all fall due until the last outcome is recorded.
  static func send(_ count: Int, through world: BenchWorld) throws -> Double {
    let seconds = try timed {
      world.clock.moveOn(days: 1)
      world.writer.wake()
      try world.drain()
    }
    let sent = try world.sent()
    guard sent == count else { throw Unsent(expected: count, sent: sent) }
    return seconds
  }
}
