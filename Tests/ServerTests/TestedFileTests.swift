import Foundation
import Rehearsal
import Testing

@testable import Server

@Suite("zveno test")
struct TestedFileTests {
  private static let config = URL(filePath: #filePath).appending(path: "../../../config").standardized.path

  private static let chain = """
    {"enter": {"event": "signup"}, "steps": [{"send": "email", "template": "hello"}]}
    """
  private static let tests = """
    {"chain": "hello", "starts": "2026-03-02T03:00:00Z", "tests": [
      {"name": "at once", "contacts": [{"id": "ann", "email": "ann@shop.example"}],
       "timeline": [{"after": "0h", "type": "signup", "contact": "ann"}], "until": "1d",
       "expect": [{"after": "HOURSh", "send": "email", "template": "hello", "contact": "ann"}]}]}
    """

  private func folder(hours: Int, chain: String = chain) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(chain, to: "chains/hello.json")
    try folder.write(Self.tests.replacing("HOURS", with: "\(hours)"), to: "chains/hello.tests.json")
    return folder
  }

  @Test("every shipped chain passes its own tests", arguments: try TestedFile.files(config))
  func shipped(_ path: String) throws {
    let report = try TestedFile(path, configuration: nil).run()
    #expect(report.failed == 0, "\(report.text)")
    #expect(report.passed > 0)
  }

  @Test("a chain is tested with nothing around it, and by the configuration that stands beside it or is named")
  func surroundings() throws {
    let alone = try folder(hours: 0)
    let path = alone.path + "/chains/hello.tests.json"
    #expect(try TestedFile(path, configuration: nil).run().passed == 1)
    let config = "{\"channels\": {\"email\": {\"adapter\": \"log\", \"hours\": \"09:00..20:00\"}}}"
    try alone.write(config, to: "elsewhere/other.json")
    #expect(try TestedFile(path, configuration: alone.path + "/elsewhere/other.json").run().failed == 1)
    try alone.write(config, to: "zveno.json")
    #expect(try TestedFile(path, configuration: nil).run().failed == 1)
    let late = try folder(hours: 6)
    try late.write(config, to: "zveno.json")
    #expect(try TestedFile(late.path + "/chains/hello.tests.json", configuration: nil).run().passed == 1)
  }

  @Test("templates that lie there are the ones that are sent, and one that lacks a value sends nothing")
  func templates() throws {
    let folder = try folder(hours: 0)
    try folder.write("Hello, {{trigger.name}}", to: "templates/hello.txt")
    let report = try TestedFile(folder.path + "/chains/hello.tests.json", configuration: nil).run()
    #expect(report.text.contains("not sent: 0h     email hello → ann: missing_value"))
  }

  @Test("errors stand in the file that has them")
  func places() throws {
    func path(_ folder: TemporaryFolder) throws -> String? {
      let refusal = #expect(throws: FileRefusal.self) {
        try TestedFile(folder.path + "/chains/hello.tests.json", configuration: nil).run()
      }
      return refusal?.findings.first.map { String($0.path.dropFirst(folder.path.count + 1)) }
    }
    #expect(try path(folder(hours: 0, chain: Self.chain.replacing("email", with: "fax"))) == "chains/hello.json")
    #expect(try path(folder(hours: 30)) == "chains/hello.tests.json")
    let lonely = try TemporaryFolder()
    try lonely.write(Self.tests.replacing("HOURS", with: "0"), to: "chains/hello.tests.json")
    #expect(try path(lonely) == "chains/hello.tests.json")
  }

  @Test("a chain, a folder and the tests themselves name the same file")
  func names() throws {
    let folder = try folder(hours: 0)
    let expected = [folder.path + "/chains/hello.tests.json"]
    #expect(try TestedFile.files(folder.path) == expected)
    #expect(try TestedFile.files(folder.path + "/chains/hello.json") == expected)
    #expect(try TestedFile.files(expected[0]) == expected)
    let empty = try TemporaryFolder()
    #expect(throws: Refused.self) { try TestedFile.files(empty.path) }
  }
}
