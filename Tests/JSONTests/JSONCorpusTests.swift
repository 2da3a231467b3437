import Foundation
import JSON
import Testing

/// The public parsing cases; they lie beside the package, not in it.
@Suite("Public JSON cases")
struct JSONCorpusTests {
  private static let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/http_cases/json_bodies.jsonl").standardizedFileURL

  private static var isThere: Bool { FileManager.default.fileExists(atPath: file.path) }

  @Test(
    "y_ cases are read, n_ cases refused, i_ cases are one or the other",
    .enabled(if: isThere, "the public cases are not beside this checkout"))
  func cases() throws {
    var seen = 0
    for line in try Data(contentsOf: Self.file).split(separator: UInt8(ascii: "\n")) {
      let fields = try JSONValue(parsing: Array(line))
      let name = try #require(fields["name"]?.string)
      let input = try #require(fields["input_b64"]?.string.flatMap { Data(base64Encoded: $0) })
      let document = try? JSONDocument(parsing: Array(input), limits: JSONLimits(maxDepth: 256))
      if name.hasPrefix("y_") { #expect(document != nil || Self.hasDuplicates(name), "\(name)") }
      if name.hasPrefix("n_") { #expect(document == nil, "\(name)") }
      if let value = document?.root.value { #expect(try JSONValue(parsing: value.serialized()) == value, "\(name)") }
      seen += 1
    }
    #expect(seen > 300)
  }

  /// Legal by the grammar, refused here: the first of two equal keys would win in one reader and the last in another.
  private static func hasDuplicates(_ name: String) -> Bool {
    name.hasPrefix("y_object_duplicated_key")
  }
}
