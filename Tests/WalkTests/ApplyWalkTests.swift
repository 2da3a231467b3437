import Foundation
import JSON
import Testing

/// Chains and templates as files.
@Suite("A folder applied at the start")
struct ApplyWalkTests {
  private static let template = "{\"subject\": \"Hello\"}"
  private static let chain = """
    {
      "enter": {"event": "signup"},
      "steps": [
        {"send": "email", "template": "hello"}
      ]
    }
    """

  private func folder(chain: String = chain) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write("{\"channels\": {\"email\": {\"adapter\": \"log\"}}}", to: "zveno.json")
    try folder.write(Self.template, to: "apply/templates/hello.json")
    try folder.write("Hello, {{contact.id}}\n{{> footer}}", to: "apply/templates/hello.txt")
    try folder.write("Shop", to: "apply/templates/footer.txt")
    try folder.write(chain, to: "apply/chains/hello.json")
    return folder
  }

  private func arguments(_ folder: TemporaryFolder) -> [String] {
    let clock = ["--test-clock", Shop.start]
    return [
      "--data", folder.path + "/data", "--config", folder.path + "/zveno.json", "--apply", folder.path + "/apply",
    ]
      + clock
  }

  private func get(_ path: String, _ zveno: Zveno) throws -> Answer {
    try Call.make("GET", path, port: zveno.port, headers: [("Authorization", "Bearer \(Zveno.adminKey)")])
  }

  @Test("an edit over REST outlives a restart with the same files, and a changed file is applied")
  func edits() throws {
    let folder = try folder()
    let first = try Zveno(arguments(folder))
    #expect(try get("/v1/chains/hello", first).json["status"]?.string == "live")
    let headers = [("Authorization", "Bearer \(Zveno.adminKey)"), ("Content-Type", "application/json")]
    let edited = Array("{\"subject\":\"Edited\",\"text\":\"Hi\"}".utf8)
    let put = try Call.make("PUT", "/v1/templates/hello", port: first.port, headers: headers, body: edited)
    #expect((200...201).contains(put.status), "\(put.text)")
    #expect(first.stop() == 0)
    let second = try Zveno(arguments(folder))
    #expect(try get("/v1/templates/hello", second).text.contains("Edited"))
    #expect(second.stop() == 0)
    try folder.write("Hello again, {{contact.id}}", to: "apply/templates/hello.txt")
    let third = try Zveno(arguments(folder))
    #expect(try get("/v1/templates/hello", third).text.contains("Hello again"))
    #expect(third.stop() == 0)
  }

  @Test("one chain with an error stops the start, says where, and nothing is applied")
  func refused() throws {
    let folder = try folder(chain: Self.chain.replacingOccurrences(of: "\"hello\"", with: "\"helo\""))
    try folder.write(Self.chain, to: "apply/chains/another.json")
    let run = try Zveno.run(["serve", "--listen", "127.0.0.1:0"] + arguments(folder))
    #expect(run.status == 1)
    #expect(run.output.contains("apply/chains/hello.json:4:35: error: "), "\(run.output)")
    #expect(run.output.contains("did you mean `hello`?"))
    try FileManager.default.removeItem(atPath: folder.path + "/apply/chains/hello.json")
    try FileManager.default.removeItem(atPath: folder.path + "/apply/chains/another.json")
    let zveno = try Zveno(arguments(folder))
    #expect(try get("/v1/chains", zveno).json["items"]?.array?.isEmpty == true)
    #expect(zveno.stop() == 0)
  }

  @Test("an error in a template's text is found in its own file")
  func badTemplate() throws {
    let folder = try folder()
    try folder.write("Hello\n{{#contact.name}}x", to: "apply/templates/hello.txt")
    let run = try Zveno.run(["serve", "--listen", "127.0.0.1:0"] + arguments(folder))
    #expect(run.status == 1)
    #expect(run.output.contains("apply/templates/hello.txt:2:"), "\(run.output)")
    #expect(try Zveno.run(["check", folder.path + "/apply"]).status == 1)
  }

  @Test("a check of a folder holds its chains against the templates and the configuration there")
  func checksNames() throws {
    let folder = try folder(chain: Self.chain.replacingOccurrences(of: "\"hello\"", with: "\"helo\""))
    let unknown = try Zveno.run(["check", folder.path + "/apply"])
    #expect(unknown.status == 1)
    #expect(unknown.output.contains("apply/chains/hello.json:4:35: error: "), "\(unknown.output)")
    #expect(unknown.output.contains("did you mean `hello`?"))
    try folder.write(Self.chain, to: "apply/chains/hello.json")
    #expect(try Zveno.run(["check", folder.path + "/apply"]).status == 0)
    try folder.write("{\"channels\": {\"mail\": {\"adapter\": \"log\"}}}", to: "apply/zveno.json")
    let channel = try Zveno.run(["check", folder.path + "/apply/chains/hello.json"])
    #expect(channel.status == 1)
    #expect(channel.output.contains("expected one of the channels `mail`, got \"email\""), "\(channel.output)")
    try folder.write(Self.chain, to: "alone.json")
    #expect(try Zveno.run(["check", folder.path + "/alone.json"]).status == 0)
  }

  @Test("the shipped chains start, and a forgotten cart is reminded of")
  func shipped() throws {
    let shop = try Shop(apply: true)
    try shop.ann()
    for chain in ["registration", "interest", "cart", "after-purchase"] {
      #expect(try shop.ask("GET", "/v1/chains/\(chain)")["status"]?.string == "live")
    }
    try shop.event(
      "cart",
      [
        "cart_id": "c1", "total": 4000, "items": [["sku": "a1", "name": "Кружка", "price": 4000, "quantity": 1]],
      ])
    try shop.advance("24h")
    let letter = try #require(try shop.mail.letters().first)
    #expect(letter.subject?.contains("Аня") == true)
    #expect(letter.defects.isEmpty)
    try shop.event("purchase", ["order_id": "o1", "total": 4000, "items": [["sku": "a1", "name": "Кружка"]]])
    try shop.advance("30m")
    let statuses = try shop.statuses()
    let failed = try shop.messages("&status=failed").map(\.text)
    #expect(statuses["failed"] == nil, "\(failed)")
  }

  @Test("the shipped folder has no errors")
  func shippedCheck() throws {
    let run = try Zveno.run(["check", Shop.shippedConfiguration.path])
    #expect(run.status == 0, "\(run.output)")
  }
}
