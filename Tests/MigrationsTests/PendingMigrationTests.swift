import Foundation
import Migrations
import SQL
import Testing

@Suite("The figures of what is pending")
struct PendingMigrationTests {
  @Test("an older file gets them from its messages and from what its engine has still to read")
  func counts() throws {
    let path = NSTemporaryDirectory() + "zveno-pending-\(UUID().uuidString).sqlite"
    defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
    let db = try Connection(path: path, mode: .writer, durability: .off)
    defer { db.close() }
    try Migrator(Migrations.all.filter { $0.number < 20 }).migrate(db)
    for (number, status) in ["planned", "sending", "sent", "sent", "failed", "skipped", "sent"].enumerated() {
      try db.run(
        """
        INSERT INTO messages (id, run, chain, version, step, label, contact, channel, purpose, template, status,
          planned_at, expires_at)
        VALUES ($1, $1, 1, 2, 0, 'hello', 1, 'email', 'marketing', 'hello', $2, 0, 0)
        """, [.int(Int64(number + 1)), .text(status)])
    }
    try db.execute(
      "INSERT INTO event_types (id, name, accepted) VALUES (1, 'message.sent', 4), (2, 'message.failed', 1)")
    // The first has been read; the last is of a message that was unknown before.
    let events: [(message: Int64, type: Int64, properties: String?)] = [
      (3, 1, nil), (4, 1, nil), (5, 2, #"{"reason":"rejected"}"#), (7, 1, #"{"was":"unknown"}"#),
    ]
    for event in events {
      try db.run(
        "INSERT INTO events (accepted_at, at, type, message, properties) VALUES (0, 0, $1, $2, $3)",
        [.int(event.type), .int(event.message), .optional(event.properties)])
    }
    try db.run("INSERT INTO facts (name, value) VALUES ('engine.cursor', '1')")
    try Migrator(Migrations.all).migrate(db)
    let figures = try db.query("SELECT chain, version, step, outcome, count FROM chain_counters ORDER BY outcome") {
      "\($0.int(0)) \($0.int(1)) \($0.text(2)) \($0.text(3)) \($0.int(4))"
    }
    #expect(figures == ["1 2 hello pending 2", "1 2 hello unread 2"])
  }
}
