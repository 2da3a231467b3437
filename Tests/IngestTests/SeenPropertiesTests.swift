import Domain
import Ingest
import Testing

@Suite("Properties seen of late")
struct SeenPropertiesTests {
  @Test("each type has the names its newest events had, and not those of a long time ago")
  func reads() throws {
    let folder = try TestLog()
    let db = try folder.connection()
    let log = try EventLog(db, now: TestLog.now)
    func event(_ type: String, _ properties: String) -> IncomingEvent {
      IncomingEvent(type: type, keys: ContactKeys(id: "ann"), properties: Array(properties.utf8))
    }
    let long = String(repeating: "x", count: 100)
    _ = try log.commit([event("cart", #"{"once":1}"#)], db)
    _ = try log.commit(
      Array(repeating: event("cart", #"{"total":1,"items":[{"sku":"a"}],"\#(long)":1}"#), count: 250), db)
    _ = try log.commit([event("visit", "{}")], db)
    let seen = try SeenProperties.read(db)
    #expect(seen.keys.sorted() == ["cart", "visit"])
    #expect(seen["cart"]?.properties == ["total", "items"])
    #expect(seen["cart"]?.count == 200)
    #expect(seen["visit"]?.properties == [] && seen["visit"]?.count == 1)
  }
}
