import Foundation
import JSON
import Testing

/// Contacts by the thousand through the real server's door and out again.
@Suite("Contacts in and out of the server", .onItsOwnThread)
struct ImportWalkTests {
  private static func summary(_ answer: Answer) throws -> JSONValue? {
    try answer.text.split(separator: "\n").last.flatMap { try JSONValue(parsing: String($0))["summary"] }
  }

  /// In KiB.
  private static func peak(_ process: Int32) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  }

  @Test(
    "more than a call may hold comes in with an answer for each bad line, changes nothing the second time, and goes out"
  )
  func wholeShop() throws {
    let shop = try Shop(clock: nil)
    let zveno = try #require(shop.zveno)
    let count = 6_000
    let filler = String(repeating: "wide ", count: 320)
    var table = "id,email,city,attributes.formula,attributes.age:number,consents.email,attributes.filler\r\n"
    for index in 0..<count {
      let age = index == 4_321 ? "old" : "\(index % 90)"
      table += "c\(index),c\(index)@shop.example,Kazan,'=\(index)+1,\(age),true,\(filler)\r\n"
    }
    #expect(table.utf8.count > 9 << 20)
    let before = try Self.peak(zveno.id)
    let headers = [("Authorization", "Bearer \(Zveno.adminKey)"), ("Content-Type", "text/csv")]
    func send(_ headers: [(String, String)]) throws -> Answer {
      try Call.make("POST", "/v1/contacts/import", port: zveno.port, headers: headers, body: Array(table.utf8))
    }
    let answer = try send(headers)
    #expect(answer.status == 200, "\(answer.text.prefix(500))")
    let lines = answer.text.split(separator: "\n")
    #expect(lines.count == 2)
    let bad = try JSONValue(parsing: String(lines[0]))
    #expect(bad["line"] == 4_323)
    #expect(bad["errors"]?.array?.first?["pointer"] == "/attributes/age")
    #expect(try Self.summary(answer)?["created"]?.number?.int == Int64(count - 1))
    let again = try Self.summary(send(headers))
    #expect(again?["unchanged"]?.number?.int == Int64(count - 1))
    #expect(again?["created"] == 0)

    let csv = try Call.make(
      "GET", "/v1/contacts/export?format=csv", port: zveno.port,
      headers: [("Authorization", "Bearer \(Zveno.adminKey)")])
    #expect(csv.status == 200)
    #expect(csv.text.contains("\"'=17+1\""))
    #expect(!csv.text.contains("\"=17+1\""))
    #expect(csv.text.components(separatedBy: "\r\n").count == count + 1)
    // A table of 10 MB, three times; memory follows none of them.
    #expect(try Self.peak(zveno.id) - before < 80 << 10, "KiB")

    #expect(
      try Call.make(
        "POST", "/v1/contacts/import", port: zveno.port, headers: [("Content-Type", "text/csv")],
        body: Array("id\r\nann\r\n".utf8)
      ).status == 401)
  }

  @Test("of a file of nothing but mistakes the first thousand are told, and all are counted")
  func mistakes() throws {
    let shop = try Shop(clock: nil)
    let zveno = try #require(shop.zveno)
    let answer = try Call.make(
      "POST", "/v1/contacts/import", port: zveno.port,
      headers: [("Authorization", "Bearer \(Zveno.adminKey)"), ("Content-Type", "text/csv")],
      body: Array(("id,email\n" + String(repeating: "a\n", count: 3_000) + "ann,\n").utf8))
    #expect(answer.status == 200)
    #expect(answer.text.split(separator: "\n").count == 1_001)
    let summary = try Self.summary(answer)
    #expect(summary?["told"] == 1_000 && summary?["refused"] == 3_000 && summary?["created"] == 1)
  }

  @Test("who has a phone, a push address or a browser and nothing else is led from a chain to his message")
  func fullCitizens() throws {
    let shop = try Shop()
    try shop.template("hello", ["text": "Hello"])
    for (chain, channel) in [("by-phone", "sms"), ("by-push", "push")] {
      try shop.publish(
        chain,
        [
          "enter": ["event": .string(chain)], "purpose": "transactional",
          "steps": [["send": .string(channel), "template": "hello"]],
        ])
    }
    let people =
      #"{"phone":"+79161234567","attributes":{"city":"Kazan"}}"# + "\n"
      + #"{"anonymous_id":"device-7","addresses":{"push":"token-7"}}"# + "\n"
    let zveno = try #require(shop.zveno)
    let answer = try Call.make(
      "POST", "/v1/contacts/import", port: zveno.port,
      headers: [("Authorization", "Bearer \(Zveno.adminKey)"), ("Content-Type", "application/x-ndjson")],
      body: Array(people.utf8))
    #expect(try Self.summary(answer)?["created"] == 2)
    _ = try shop.ask("POST", "/v1/events", ["type": "by-phone", "contact": ["phone": "+79161234567"]])
    _ = try shop.ask("POST", "/v1/events", ["type": "by-push", "contact": ["anonymous_id": "device-7"]])
    for id in ["phone:+79161234567", "anonymous:device-7"] {
      try eventually("\(id) has his message") {
        let items = try shop.ask("GET", "/v1/messages?contact=\(id.replacing("+", with: "%2B"))")["items"]
        return items?.array?.contains { ["sent", "delivered"].contains($0["status"]?.string) } ?? false
      }
    }
    let card = try shop.ask("GET", "/v1/contacts/anonymous:device-7")
    #expect(card["addresses"]?["push"] == "token-7")
    #expect(card["messages"]?.array?.count == 1)
    #expect(card["runs"]?.array?.count == 1)
  }
}
