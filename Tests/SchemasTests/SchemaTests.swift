import Foundation
import JSON
import Schemas
import Testing

/// The schemas judge as the parsers do: what those make of the same files `ChainCorpusTests`, `LibraryTests` and
/// the tests of templates say.
@Suite("The published schemas")
struct SchemaTests {
  private static func names(_ folder: String, tests: Bool = false) throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: SchemaJudge.root.appending(path: folder).path)
    return names.filter { $0.hasSuffix(".json") && $0.hasSuffix(".tests.json") == tests }.sorted()
  }

  @Test(
    "each explains every key and takes its own examples",
    arguments: PublishedSchema.all.map(\.name))
  func explainsItself(_ schema: String) throws {
    #expect(try SchemaJudge(schema: schema, folder: "Tests", files: []).faults == [])
  }

  @Test("what is served is what lies in the folder")
  func isEmbedded() throws {
    for schema in PublishedSchema.all {
      let file = SchemaJudge.root.appending(path: "Sources/Schemas/" + schema.name)
      #expect(try [UInt8](Data(contentsOf: file)) == schema.text)
      #expect(try JSONValue(parsing: schema.text)["$id"] == .string("/v1/schemas/" + schema.name))
    }
  }

  @Test(
    "every document that is shipped is taken, and every feature of the language",
    arguments: [
      ("chain.json", "config/chains"), ("tests.json", "config/chains"), ("template.json", "config/templates"),
      ("segment.json", "config/segments"), ("chain.json", "Tests/Corpora/chains/valid"),
      ("segment.json", "Tests/Corpora/segments/valid"),
    ])
  func takes(_ schema: String, _ folder: String) throws {
    let files = try Self.names(folder, tests: schema == "tests.json")
    #expect(!files.isEmpty)
    let judge = try SchemaJudge(schema: schema, folder: folder, files: files)
    for file in files { #expect(try judge.refusals(file) == [], "\(file)") }
  }

  @Test(
    "every mistake that a schema can express is refused at its place, and no other",
    arguments: [("chain.json", "chains", 60), ("segment.json", "segments", 20)])
  func refuses(_ schema: String, _ corpus: String, _ fewest: Int) throws {
    let folder = "Tests/Corpora/" + corpus
    let index = SchemaJudge.root.appending(path: folder + "/broken.json")
    let expectations = try JSONValue(parsing: [UInt8](Data(contentsOf: index)))
    let files = try Self.names(folder + "/broken")
    #expect(files.count >= fewest)
    let judge = try SchemaJudge(schema: schema, folder: folder + "/broken", files: files)
    for file in files {
      let expected = try #require(expectations[String(file.dropLast(".json".count))], "\(file)")
      let refusals = try judge.refusals(file)
      // What is written elsewhere, or what the words mean, no schema sees.
      if expected["schema"] == "blind" {
        #expect(refusals == [], "\(file)")
        continue
      }
      let pointer = expected["pointer"]?.string ?? "?"
      #expect(refusals.contains { Self.isNear($0, pointer) }, "\(file): \(refusals), not \(pointer)")
    }
  }

  /// The same place, or an object and what stands in it: to be one of several kinds is a matter of the object.
  private static func isNear(_ one: String, _ other: String) -> Bool {
    func parent(_ pointer: String) -> Substring? { pointer.lastIndex(of: "/").map { pointer[..<$0] } }
    return one == other || parent(one) == other[...] || parent(other) == one[...]
  }
}
