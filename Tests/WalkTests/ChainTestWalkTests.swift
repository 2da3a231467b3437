import Foundation
import JSON
import Testing

/// The shipped chains' own tests, by both doors.
@Suite("A chain's tests, by the server and by the command")
struct ChainTestWalkTests {
  private static let config = Shop.shippedConfiguration.path

  @Test("the server runs them with its own rules and templates, and keeps nothing of it")
  func server() throws {
    let folder = try TemporaryFolder()
    let zveno = try Zveno([
      "--data", folder.path + "/data", "--config", Self.config + "/zveno.json", "--apply", Self.config,
    ])
    let headers = [("Authorization", "Bearer \(Zveno.adminKey)"), ("Content-Type", "application/json")]
    let tests = try Array(Data(contentsOf: URL(filePath: Self.config + "/chains/cart.tests.json")))
    let answer = try Call.make("POST", "/v1/chains/cart/test", port: zveno.port, headers: headers, body: tests)
    #expect(answer.status == 200)
    let count = try JSONValue(parsing: tests)["tests"]?.array?.count ?? 0
    #expect(count > 0 && answer.json["passed"]?.number?.int == Int64(count))
    #expect(answer.json["failed"]?.number?.int == 0)
    let messages = try Call.make("GET", "/v1/messages", port: zveno.port, headers: headers)
    #expect(messages.json["items"]?.array == [])
    #expect(zveno.stop() == 0)
  }

  @Test("the command says what passed; what failed is its exit status")
  func command() throws {
    let shipped = try Zveno.run(["test", Self.config + "/chains/registration.tests.json"])
    #expect(shipped.status == 0)
    #expect(shipped.output.contains("7 passed, 0 failed in 1 file"))
    let folder = try TemporaryFolder()
    try folder.write(
      "{\"enter\": {\"event\": \"a\"}, \"steps\": [{\"send\": \"email\", \"template\": \"t\"}]}", to: "a.json")
    try folder.write(
      """
      {"chain": "a", "starts": "2026-03-02T09:00:00Z", "tests": [{"name": "silence",
        "contacts": [{"id": "ann", "email": "ann@shop.example"}], "until": "1d", "expect": [],
        "timeline": [{"after": "1h", "type": "a", "contact": "ann"}]}]}
      """, to: "a.tests.json")
    let failed = try Zveno.run(["test", folder.path + "/a.json"])
    #expect(failed.status == 1)
    #expect(failed.output.contains("!            1h     email t → ann"))
    let json = try Zveno.run(["test", "--json", folder.path + "/a.tests.json"])
    #expect(try JSONValue(parsing: json.output)["files"]?.array?.first?["failed"]?.number?.int == 1)
  }
}
