import Domain
import Engine
import Erasure
import Ingest
import SQL
import Testing

/// Erasures that the journal has and the file does not.
@Suite struct ErasureActTests {
  private func states(_ village: Village) throws -> [String: String] {
    try village.life.writer.perform { db, _ in
      Dictionary(try db.query("SELECT id, state FROM erasures") { ($0.text(0), $0.text(1)) }) { $1 }
    }
  }

  private func remember(_ village: Village, _ erasure: String, of person: String) throws {
    let hash = village.life.engine.tombstones.hash(.id, person)
    try village.journal.append(
      JournalEntry(erasure: erasure, at: 1, deed: .erased([hash], reason: "test", by: "k")))
  }

  @Test func `an erasure of somebody whom an older file has never known is over at once`() throws {
    let village = try Village()
    try remember(village, "before", of: "per01")
    try village.restart()
    try village.settle()
    #expect(try states(village) == ["before": "done"])
    #expect(throws: Never.self) { try village.settle() }
  }

  @Test func `both are over where a call was lost after it stood in the journal, and came again`() throws {
    let village = try Village()
    _ = try village.post([IncomingEvent(type: "cart", keys: ContactKeys(id: "per01"), properties: Array("{}".utf8))])
    try village.settle()
    try remember(village, "lost", of: "per01")
    #expect(try village.erase("per01") != nil)
    try village.settle()
    #expect(try states(village) == ["lost": "done", "erasure1": "done"])
    #expect(try !village.dump().contains("per01"))
  }
}
