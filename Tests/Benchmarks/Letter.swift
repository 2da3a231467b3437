import Domain
import Ingest
import SQL

/// What the benchmarks of messages send: a letter of about 5 KB with a dozen values and four links, for every event.
enum Letter {
  static let chain = #"{"enter":{"event":"view"},"reenter":"always","steps":[{"send":"email","template":"letter"}]}"#

  static let template: (text: String, html: String) = {
    let paragraph = "<p>A paragraph about things that somebody may like to buy, the same for all.</p>\n"
    let block = """
      \(String(repeating: paragraph, count: 14))<p>{{contact.id}}, see {{trigger.sku}} and {{trigger.category}}:
      <a href="https://shop.example/catalog/{{trigger.sku}}">look</a></p>
      """
    return ("Hello {{contact.id}}", "<html><body><h1>Hello</h1>\(String(repeating: block, count: 4))</body></html>")
  }()

  /// Appends that many events, each by a contact of his own, and waits until all their letters have left.
  static func send(_ count: Int, through world: BenchWorld) throws {
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
}
