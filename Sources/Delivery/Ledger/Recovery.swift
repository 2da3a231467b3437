import Domain
import Engine
import Ingest
import JSON
import SQL

/// Messages that are `sending` while nobody has them in hand, as after a start. Where the far side knows a message by its
/// key they are tried again; elsewhere nobody can know what became of them: `unknown`, for a person to resolve.
struct Recovery {
  let log: EventLog
  let counters: Counters
  let catalog: ChainCatalog

  /// - Parameter mayRepeat: whether a channel's messages may be handed over again.
  func run(besides inHand: Set<Int64>, mayRepeat: (String) -> Bool, now: Int64, _ db: Connection) throws {
    let sql = """
      SELECT id, channel, contact, chain, version, label FROM messages WHERE status = 'sending' ORDER BY channel, id
      """
    let open = try db.query(sql) {
      (
        id: $0.int(0), channel: $0.text(1), contact: $0.int(2), chain: $0.int(3), version: $0.int(4), label: $0.text(5)
      )
    }
    for message in open where !inHand.contains(message.id) {
      if mayRepeat(message.channel) {
        try db.run("UPDATE messages SET status = 'planned', due_at = $2 WHERE id = $1", [.int(message.id), .int(now)])
        counters.move(message.channel, from: "sending", to: "planned")
        continue
      }
      try db.run(
        "UPDATE messages SET status = 'unknown', sent_at = $2, error = 'the server stopped during the hand-over' WHERE id = $1",
        [.int(message.id), .int(now)])
      counters.move(message.channel, from: "sending", to: "unknown")
      counters.close(chain: message.chain, version: message.version, step: message.label)
      let event = MessageEvent(
        type: "message.unknown", message: message.id, contact: message.contact, channel: message.channel,
        chain: catalog.entry(message.chain)?.id ?? "", step: message.label, more: ["reason": "stopped"])
      try log.append(own: [event.incoming], now: now, db)
    }
  }
}
