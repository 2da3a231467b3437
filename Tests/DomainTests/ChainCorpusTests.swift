import Domain
import Foundation
import JSON
import Testing

/// `Tests/Corpora/chains`: one small chain for each thing the language has, and one for each mistake.
@Suite("The corpus of chains")
struct ChainCorpusTests {
  private static let folder = URL(filePath: #filePath).appending(path: "../../Corpora/chains").standardized

  /// What the chains may name outside themselves.
  private static let references: References = {
    var references = References(
      channels: [
        "email": ChannelPolicy(hours: ClockSpan("09:00..20:00")), "sms": ChannelPolicy(),
        "call": ChannelPolicy(opensTask: true),
      ],
      templates: ["a", "b", "c", "cart-1", "footer"], eventTypes: [])
    references.partials = ["footer"]
    references.chainID = "mine"
    references.chains = ["welcome"]
    references.webhooks = ["crm"]
    references.segments = ["vip", "asleep"]
    references.retention = RetentionPolicy(types: ["view": Span(months: 6)])
    return references
  }()

  private static func document(_ path: String) throws -> JSONDocument {
    try JSONDocument(
      parsing: [UInt8](Data(contentsOf: folder.appending(path: path))), limits: JSONLimits(maxDepth: 256))
  }

  @Test("every thing the language has is read without an error or a doubt")
  func reads() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: "valid").path)
    #expect(names.count > 50)
    for name in names.sorted() {
      let result = ChainParser.parse(try Self.document("valid/" + name), references: Self.references)
      #expect(result.errors == [] && result.warnings == [], "\(name): \(result.errors) \(result.warnings)")
    }
  }

  @Test("every mistake is found, alone, at its place, with words that help")
  func finds() throws {
    let expectations = try Self.document("broken.json").root.members
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: "broken").path)
    #expect(Set(files) == Set(expectations.map { $0.key + ".json" }))
    for expected in expectations {
      let document = try Self.document("broken/\(expected.key).json")
      let errors = ChainParser.parse(document, references: Self.references).errors
      #expect(errors.count == 1, "\(expected.key): \(errors.map(\.detail))")
      guard let error = errors.first else { continue }
      let (pointer, code) = (expected.value["pointer"]?.string ?? "", expected.value["code"]?.string)
      #expect(error.pointer == pointer && error.code.rawValue == code, "\(expected.key): \(error)")
      let text = error.detail + " — " + (error.hint ?? "")
      #expect(text.contains(expected.value["says"]?.string ?? "?"), "\(expected.key): \(text)")
      let isAtKey = expected.value["at"]?.isString("key") ?? false
      let place = try #require(Self.location(of: pointer, atKey: isAtKey, in: document.root), "\(expected.key)")
      #expect(error.line == place.line && error.column == place.column, "\(expected.key): \(error)")
    }
  }

  /// Where the value that a pointer leads to stands, or its key.
  private static func location(of pointer: String, atKey: Bool, in root: JSONNode) -> JSONLocation? {
    var (node, location) = (root, root.location)
    for part in pointer.split(separator: "/") {
      if node.kind == .array {
        guard let index = Int(part), node.elements.indices.contains(index) else { return nil }
        node = node.elements[index]
        location = node.location
      } else {
        let key = part.replacing("~1", with: "/").replacing("~0", with: "~")
        guard let member = node.members.first(where: { $0.hasKey(String(key)) }) else { return nil }
        node = member.value
        location = atKey ? member.keyLocation : node.location
      }
    }
    return location
  }
}
