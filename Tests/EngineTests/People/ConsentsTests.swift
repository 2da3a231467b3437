import Domain
import Engine
import JSON
import SQL
import Testing

@Suite struct ConsentsTests {
  let db: Connection
  let consents = Consents()
  let noon = Timestamp(milliseconds: 1_772_452_800_000)

  init() throws { db = try TestStore().db }

  @Test("the latest word of the contact holds, whatever order the words arrive in")
  func latestHolds() throws {
    #expect(try consents.granted(by: 1, channel: "sms", db) == nil)
    try consents.record(ConsentProof(channel: "sms", granted: false, at: noon), of: 1, now: noon, db)
    try consents.record(ConsentProof(channel: "sms", granted: true, at: noon + -1000), of: 1, now: noon, db)
    #expect(try consents.granted(by: 1, channel: "sms", db) == false)
    try consents.record(ConsentProof(channel: "sms", granted: true, text: "yes, write"), of: 1, now: noon + 1, db)
    #expect(try consents.granted(by: 1, channel: "sms", db) == true)
    #expect(try consents.proofs(of: 1, db).map(\.granted) == [false, true, true])
    #expect(try consents.proofs(of: 1, db).last?.text == "yes, write")
  }

  @Test("a word from the future counts as said now")
  func future() throws {
    try consents.record(ConsentProof(channel: "sms", granted: true, at: noon + 90_000), of: 1, now: noon, db)
    try consents.record(ConsentProof(channel: "sms", granted: false), of: 1, now: noon + 1, db)
    #expect(try consents.granted(by: 1, channel: "sms", db) == false)
  }

  @Test("a proof names channel and answer, and says what it does not know")
  func parsing() throws {
    let node = try JSONDocument(parsing: Array(#"{"channel":"sms","purpos":"marketing"}"#.utf8)).root
    let error = #expect(throws: Refusal.self) { try ConsentProof(node) }
    #expect(error?.issues.map(\.pointer) == ["/purpos", "/granted"])
  }
}
