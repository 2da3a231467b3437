import JSON
import Testing

@testable import API

@Suite struct SchemaRoutesTests {
  @Test("the schemas are listed, and each is served at its own name, to any key")
  func serves() throws {
    let api = try TestAPI()
    let listed = api.call("GET", "/v1/schemas")
    #expect(listed.status == 200)
    #expect(listed.items.map { $0["name"] } == ["chain.json", "tests.json", "segment.json", "template.json"])
    for item in listed.items {
      let path = try #require(item["url"]?.string)
      let answer = api.call("GET", path)
      #expect(answer.status == 200)
      #expect(answer.header("Content-Type") == "application/schema+json")
      #expect(answer.json["$id"] == .string(path))
      #expect(answer.json["title"] == item["title"] && item["description"]?.string?.isEmpty == false)
    }
    #expect(api.call("GET", "/v1/schemas/chains.json").status == 404)
  }
}
