import Foundation
import JSON
import SQL
import Testing

/// `zveno verify` on what the real server leaves behind, sound and damaged.
@Suite("Verifying a data folder", .serialized)
final class VerifyWalkTests {
  private let shop: Shop

  /// Ann has had a letter and a call's task, and waits for tomorrow's; Bob has no address.
  init() throws {
    shop = try Shop()
    try shop.ann()
    try shop.template("hello", ["subject": "Hello {{trigger.n}}", "text": "Hello"])
    try shop.publish(
      "hello",
      [
        "enter": ["event": "signup"], "per": "n", "reenter": "always",
        "steps": [
          ["send": "email", "template": "hello", "id": "letter"], ["send": "call", "template": "hello", "id": "call"],
          ["wait": "1d"], ["send": "email", "template": "hello", "id": "later"],
        ],
      ])
    for number in 1...3 { try shop.event("signup", id: "s\(number)", ["n": .string("\(number)")]) }
    try shop.event("signup", contact: ["id": "bob"], ["n": "4"])
    try shop.settle()
  }

  private func verify(_ arguments: String...) throws -> (status: Int32?, output: String) {
    try Zveno.run(["verify"] + arguments + [shop.dataPath])
  }

  private func change(_ sql: String) throws {
    let db = try Connection(path: shop.dataPath + "/zveno.sqlite", mode: .writer)
    try db.execute(sql)
    db.close()
  }

  private func files() throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: shop.dataPath)
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(filePath: shop.dataPath + "/" + $0))) })
  }

  @Test("a folder whose server has stopped is sound, and not a byte of it changes")
  func sound() throws {
    #expect(shop.close() == 0)
    let before = try files()
    let run = try verify()
    #expect(run.status == 0, "\(run.output)")
    #expect(run.output.split(separator: "\n").last?.contains("nothing found, layout") == true, "\(run.output)")
    #expect(try files() == before)
    let report = try JSONValue(parsing: Array(try verify("--json", "--quick").output.utf8))
    #expect(report["found"]?.number?.int == 0)
    #expect(report["checks"]?.array?.isEmpty == false)
    #expect(report["checks"]?.array?.allSatisfy { $0["found"]?.number?.int == 0 } == true)
  }

  @Test("a folder whose server was killed is sound with what its log holds, and not a byte of it changes")
  func killed() throws {
    shop.killHard()
    let before = try files()
    #expect(before["zveno.sqlite-wal"]?.isEmpty == false)
    let run = try verify()
    #expect(run.status == 0, "\(run.output)")
    #expect(run.output.contains("did not end in good order"))
    #expect(try files() == before)
    try FileManager.default.removeItem(atPath: shop.dataPath + "/zveno.sqlite-wal")
    let without = try verify()
    #expect(without.status == 1 || without.status == 69, "\(without.output)")
    try before["zveno.sqlite-wal"]?.write(to: URL(filePath: shop.dataPath + "/zveno.sqlite-wal"))
    try shop.open()
    #expect(try shop.everyMessage().count == 8)
  }

  @Test("a folder that a server has, one without a database and one of a newer layout are not checked")
  func refused() throws {
    let busy = try verify()
    #expect(busy.status == 69)
    #expect(busy.output.contains("in use by another zveno"), "\(busy.output)")
    let empty = try Zveno.run(["verify", shop.folder.path])
    #expect(empty.status == 69)
    #expect(empty.output.contains("there is no database"), "\(empty.output)")
    #expect(!FileManager.default.fileExists(atPath: shop.folder.path + "/lock"))
    #expect(shop.close() == 0)
    try change("PRAGMA user_version = 9999")
    let newer = try verify()
    #expect(newer.status == 69)
    #expect(newer.output.contains("newer zveno"), "\(newer.output)")
    try change("PRAGMA user_version = 1")
    let older = try verify()
    #expect(older.status == 69)
    #expect(older.output.contains("its layout is 1"), "\(older.output)")
  }

  /// What somebody did to the file, the check that finds it, and a part of what is said.
  private static let damages = [
    ("DELETE FROM events WHERE seq = 3", "log", "events 3 to 3 are missing"),
    ("UPDATE events SET accepted_at = accepted_at - 1 WHERE seq = 4", "log", "event 4 was accepted before"),
    ("UPDATE event_types SET accepted = 9 WHERE name = 'signup'", "log", "4 events of the type signup, 9 counted"),
    ("UPDATE events SET id = 's1' WHERE id = 's2'", "event ids", "has the id of event"),
    ("UPDATE facts SET value = '999' WHERE name = 'engine.cursor'", "cursor", "the engine has read to event 999"),
    ("UPDATE facts SET value = '2' WHERE name = 'engine.cursor'", "timeline", "event 3 stands in a timeline"),
    ("DELETE FROM fresh_timeline WHERE seq = 2", "timeline", "event 2 has acted and stands in no timeline"),
    ("DELETE FROM contacts WHERE external_id = 'bob'", "contacts", "which is not there"),
    ("UPDATE runs SET version = 7 WHERE id = 1", "runs", "run 1 is of version 7"),
    ("UPDATE runs SET due_at = NULL WHERE id = 2", "stuck runs", "run 2 of hello at step 2 waits for nothing"),
    ("UPDATE runs SET due_at = NULL, parked_at = 1 WHERE id = 2", "stuck runs", "is parked, and the chain is live"),
    ("INSERT INTO version_moves VALUES (1, 99, 'follow', 0, 0)", "runs", "go to its version 99"),
    ("UPDATE run_moves SET run = 99 WHERE id = 1", "moves", "move 1 is of run 99"),
    ("DELETE FROM runs WHERE id = 3", "runs counted", "3 runs entered, 4 counted"),
    ("DELETE FROM runs WHERE id = 3", "messages", "is of run 3, which is not there"),
    ("DELETE FROM messages WHERE id = 1", "books", "letter: 3 messages planned, 4 counted"),
    ("UPDATE messages SET status = 'failed' WHERE id = 1", "books", "letter: 1 messages failed, 0 counted"),
    ("UPDATE chain_counters SET count = 9 WHERE outcome = 'sent' AND step = 'letter'", "books", "sent, 9 counted"),
    (
      "UPDATE chain_counters SET count = 2 WHERE outcome = 'pending' AND step = 'letter'", "books", "pending, 2 counted"
    ),
    ("UPDATE chain_counters SET count = 1 WHERE outcome = 'unread' AND step = 'letter'", "books", "unread, 1 counted"),
    ("UPDATE message_counters SET count = 0 WHERE status = 'sent' AND channel = 'email'", "books", "email: 3"),
    (
      "UPDATE messages SET status = 'planned' WHERE id = 1", "stuck messages",
      "message 1 of hello at letter has no time"
    ),
    ("DROP INDEX runs_due", "schema", "the index runs_due is missing"),
    ("CREATE TABLE notes (text)", "schema", "the table notes is not of zveno's making"),
  ]

  @Test("what somebody did to the file is found and named")
  func damaged() throws {
    #expect(shop.close() == 0)
    let sound = try files()
    for (sql, check, said) in Self.damages {
      for name in try FileManager.default.contentsOfDirectory(atPath: shop.dataPath) {
        try FileManager.default.removeItem(atPath: shop.dataPath + "/" + name)
      }
      for (name, data) in sound { try data.write(to: URL(filePath: shop.dataPath + "/" + name)) }
      try change(sql)
      let run = try verify("--json")
      #expect(run.status == 1, "\(sql): \(run.output)")
      let checks = try JSONValue(parsing: Array(run.output.utf8))["checks"]?.array ?? []
      let findings = checks.first { $0["check"]?.string == check }?["findings"]?.array?.compactMap(\.string) ?? []
      #expect(findings.contains { $0.contains(said) }, "\(sql): \(run.output)")
    }
  }

  @Test("a page that is no page any more is found, and the other checks go on")
  func damagedPage() throws {
    #expect(shop.close() == 0)
    let path = shop.dataPath + "/zveno.sqlite"
    let db = try Connection(path: path, mode: .inspector)
    let root = try #require(try db.first("SELECT rootpage FROM sqlite_schema WHERE name = 'messages'") { $0.int(0) })
    db.close()
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    try file.seek(toOffset: UInt64(root - 1) * 4096)
    let kind = try #require(try file.read(upToCount: 1)?.first)
    try file.seek(toOffset: UInt64(root - 1) * 4096)
    try file.write(contentsOf: Data([kind ^ 0x40]))
    try file.close()
    let run = try verify()
    #expect(run.status == 1, "\(run.output)")
    #expect(run.output.contains("FOUND  pages"), "\(run.output)")
    #expect(run.output.contains("FOUND  books"), "\(run.output)")
    #expect(run.output.contains("ok     timeline"), "\(run.output)")
  }
}
