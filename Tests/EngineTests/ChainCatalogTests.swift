import Domain
import Engine
import Foundation
import JSON
import SQL
import Testing

@Suite struct ChainCatalogTests {
  private struct Lost: Error {}

  private func publish(_ name: String, _ db: Connection) throws {
    let document = #"{"name":"\#(name)","enter":{"event":"cart"},"steps":[{"send":"email","template":"a"}]}"#
    let now = Timestamp(milliseconds: 1_772_442_000_000)
    let saved = try ChainStore().save("cart", draft: document, now: now, db)
    try ChainStore().publish(saved.stored, runs: .pin, now: now, db)
  }

  @Test("a version that was published in a lost transaction is not remembered, those before it are")
  func lostVersions() throws {
    let world = try EngineWorld()
    let db = try Connection(path: world.folder.appending(path: "zveno.sqlite").path, mode: .writer)
    let catalog = ChainCatalog()
    func name(_ version: Int64) throws -> String? { try catalog.version(1, version, db)?.chain.name }

    try db.transaction {
      try publish("first", db)
      #expect(try name(1) == "first")
    }
    #expect(throws: Lost.self) {
      try db.transaction {
        try publish("lost", db)
        #expect(try name(2) == "lost")
        throw Lost()
      }
    }
    catalog.forget()
    #expect(try name(1) == "first")
    #expect(try name(2) == nil)
    try db.transaction {
      try publish("second", db)
      #expect(try name(2) == "second")
    }
  }
}
