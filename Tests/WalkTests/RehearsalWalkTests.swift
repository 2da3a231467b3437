import Foundation
import JSON
import Testing

/// A chain rehearsed by the real server on what it has lived through.
@Suite("A rehearsal, by the server")
struct RehearsalWalkTests {
  private let headers = [("Authorization", "Bearer \(Zveno.adminKey)"), ("Content-Type", "application/json")]

  private func call(_ zveno: Zveno, _ method: String, _ path: String, _ body: String? = nil) throws -> Answer {
    try Call.make(method, path, port: zveno.port, headers: headers, body: body.map { Array($0.utf8) })
  }

  @Test("the live chain would have done what it did, and its draft something else; no file of it stays")
  func walks() throws {
    let folder = try TemporaryFolder()
    let config = Shop.shippedConfiguration.path
    let zveno = try Zveno([
      "--data", folder.path + "/data", "--config", config + "/zveno.json", "--apply", config,
      "--test-clock", "2026-03-02T07:00:00Z",
    ])
    for name in ["ann", "bob"] {
      let event = """
        {"type": "cart", "contact": {"id": "\(name)", "email": "\(name)@shop.example"},
         "properties": {"cart_id": "\(name)", "total": 4000, "items": [{"sku": "a", "name": "Tea", "price": 4000, "quantity": 1}]}}
        """
      #expect(try call(zveno, "POST", "/v1/events", event).status == 202)
      #expect(try call(zveno, "POST", "/v1/test-clock", "{\"advance\": \"7h\"}").status == 200)
    }
    let purchase = "{\"type\": \"purchase\", \"contact\": {\"id\": \"bob\"}}"
    #expect(try call(zveno, "POST", "/v1/events", purchase).status == 202)
    #expect(try call(zveno, "POST", "/v1/test-clock", "{\"advance\": \"14d\"}").status == 200)
    func lived() throws -> [String] {
      let answer = try call(zveno, "GET", "/v1/messages?chain=cart&limit=1000")
      return (answer.json["items"]?.array ?? []).compactMap { $0["sent_at"]?.string }.sorted()
    }
    let before = try lived()
    #expect(before.count >= 2)
    let time = "{\"from\": \"2026-03-02T07:00:00Z\", \"to\": \"2026-03-16T00:00:00Z\", \"wait\": true}"
    let same = try call(zveno, "POST", "/v1/chains/cart/rehearse", time)
    #expect(same.status == 200, "\(same.text)")
    #expect(same.json["state"]?.string == "done")
    #expect(same.json["entries"]?.number?.int == 2)
    #expect(same.json["messages"]?.number?.int == Int64(before.count))
    let hours = (same.json["by_hour"]?.array ?? []).compactMap { $0["hour"]?.string?.prefix(13) }
    #expect(Set(hours) == Set(before.map { $0.prefix(13) }))
    let draft = """
      {"enter": {"event": "cart"}, "steps": [{"wait": "1h"}, {"send": "email", "template": "cart-1", "purpose": "transactional"}]}
      """
    #expect(try call(zveno, "PUT", "/v1/chains/cart", draft).status == 200)
    let other = try call(zveno, "POST", "/v1/chains/cart/rehearse", time)
    #expect(other.json["messages"]?.number?.int == 2, "\(other.text)")
    #expect(try lived() == before)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/data/rehearsal.tmp"))
    #expect(zveno.stop() == 0)
  }
}
