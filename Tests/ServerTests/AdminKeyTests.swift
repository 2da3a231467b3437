import API
import Domain
import Migrations
import SQL
import Testing

@testable import Server

@Suite struct AdminKeyTests {
  private func file() throws -> Connection {
    let db = try Connection(path: ":memory:", mode: .writer)
    try Migrator(Migrations.all).migrate(db)
    return db
  }

  @Test func `a start makes an admin key where none is in force, says so in the audit trail, and stores no given one`()
    throws
  {
    let db = try file()
    func start(_ given: String? = nil, at now: Int64) throws -> String? {
      try db.transaction { try AdminKey.settle(given: given, now: now, db).made }
    }
    func trail() throws -> [String] { try AuditTrail().page(after: 0, limit: 10, db).map(\.action) }
    #expect(try start("a key of the environment", at: 0) == nil)
    #expect(try trail().isEmpty)
    #expect(try start(at: 0)?.hasPrefix("zv_") == true)
    #expect(try start(at: 1) == nil)
    #expect(try trail() == ["serve: the first admin key"])
  }

  @Test func `a given admin key that no call could bring is refused`() throws {
    for (bytes, isGood) in [(15, false), (16, true), (512, true), (513, false)] {
      let text = String(repeating: "k", count: bytes)
      let options = ServeOptions(data: "", environment: [AdminKey.variable: text])
      #expect((try? options.adminKey()) == (isGood ? text : nil), "\(bytes)")
    }
  }

  @Test func `an admin key that has expired is none`() throws {
    let db = try file()
    var draft = KeyDraft(name: "admin for a day", scopes: [.admin])
    draft.expiresAt = Timestamp(milliseconds: 1000)
    try db.transaction {
      let secret = KeySecret(random: Array(0..<32))
      try Keys(adminKey: nil).create(draft, secret: secret, now: Timestamp(milliseconds: 0), db)
    }
    #expect(try db.transaction { try AdminKey.settle(given: nil, now: 999, db).made } == nil)
    #expect(try db.transaction { try AdminKey.settle(given: nil, now: 1000, db).made } != nil)
  }
}
