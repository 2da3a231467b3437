import Domain
import Foundation
import JSON
import Testing

@Suite("The shipped chains")
struct ShippedChainsTests {
  private static let config = URL(filePath: #filePath).appending(path: "../../../config").standardized

  private static func names(_ folder: String, besides suffix: String) -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: config.appending(path: folder).path)) ?? []
    return files.filter { $0.hasSuffix(".json") && !$0.hasSuffix(suffix) }.map { String($0.dropLast(5)) }.sorted()
  }

  @Test("each of them is read without an error or a doubt", arguments: names("chains", besides: ".tests.json"))
  func reads(_ id: String) throws {
    let bytes = [UInt8](try Data(contentsOf: Self.config.appending(path: "chains/\(id).json")))
    let channels = ["email", "sms", "whatsapp", "call"]
    let references = References(
      channels: Dictionary(
        uniqueKeysWithValues: channels.map { ($0, ChannelPolicy(hours: ClockSpan("09:00..20:00"))) }),
      templates: Set(Self.names("templates", besides: ".tests.json")), eventTypes: [])
    let result = ChainParser.parse(
      try JSONDocument(parsing: bytes, limits: JSONLimits(maxDepth: 256)), references: references)
    #expect(result.errors == [])
    #expect(result.warnings == [])
  }

  @Test("the four trigger sequences are there")
  func areThere() {
    let ids = Set(Self.names("chains", besides: ".tests.json"))
    #expect(ids.isSuperset(of: ["registration", "interest", "cart", "after-purchase"]))
  }
}
