import Domain
import Foundation
import JSON
import Testing

import struct Domain.Issue

/// A folder of `Tests/Corpora`: `valid/`, one document for each thing a language has, and `broken/`, one for each mistake,
/// whose error `broken.json` describes.
struct Corpus {
  let folder: URL
  /// The errors and the warnings of a document.
  let judge: (JSONDocument) -> (errors: [Issue], warnings: [Issue])

  init(_ name: String, judge: @escaping (JSONDocument) -> (errors: [Issue], warnings: [Issue])) {
    folder = URL(filePath: #filePath).appending(path: "../../Corpora/" + name).standardized
    self.judge = judge
  }

  private func document(_ path: String) throws -> JSONDocument {
    try JSONDocument(
      parsing: [UInt8](Data(contentsOf: folder.appending(path: path))), limits: JSONLimits(maxDepth: 256))
  }

  private func names(_ part: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: part).path).sorted()
  }

  func expectEveryValidOne(moreThan fewest: Int) throws {
    let names = try names("valid")
    #expect(names.count > fewest)
    for name in names {
      let (errors, warnings) = judge(try document("valid/" + name))
      #expect(errors == [] && warnings == [], "\(name): \(errors) \(warnings)")
    }
  }

  /// Alone, at its place, with words that help.
  func expectEveryMistake() throws {
    let expectations = try document("broken.json").root.members
    #expect(Set(try names("broken")) == Set(expectations.map { $0.key + ".json" }))
    for expected in expectations {
      let document = try document("broken/\(expected.key).json")
      let errors = judge(document).errors
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
