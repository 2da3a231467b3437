import Foundation
import JSON

/// A letter as Python's email package reads it back.
struct ReadLetter {
  private let facts: JSONValue
  let raw: [UInt8]

  private init(facts: JSONValue, raw: [UInt8]) { (self.facts, self.raw) = (facts, raw) }

  /// One process reads them all.
  static func all(in files: [URL]) throws -> [ReadLetter] {
    let script = PythonServer.scripts.appending(path: "read_mail.py").path
    let output = try ChildProcess("/usr/bin/python3", [script] + files.map(\.path)).readAll()
    return try zip(files, output.split(separator: 10)).map { file, line in
      ReadLetter(facts: try JSONValue(parsing: Array(line)), raw: Array(try Data(contentsOf: file)))
    }
  }

  static func all(_ letters: [[UInt8]]) throws -> [ReadLetter] {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = letters.indices.map { folder.appending(path: "\($0).eml") }
    for (letter, file) in zip(letters, files) { try Data(letter).write(to: file) }
    return try all(in: files)
  }

  struct NotRead: Error {}

  init(file: URL) throws {
    guard let letter = try Self.all(in: [file]).first else { throw NotRead() }
    self = letter
  }

  init(bytes: [UInt8]) throws {
    guard let letter = try Self.all([bytes]).first else { throw NotRead() }
    self = letter
  }

  struct Part: Equatable {
    let type: String
    let text: String
  }

  var subject: String? { facts["subject"]?.string }
  var type: String? { facts["type"]?.string }
  var date: String? { facts["date"]?.string }
  var fromName: String? { facts["from"]?.array?.first?["name"]?.string }
  var fromAddress: String? { facts["from"]?.array?.first?["address"]?.string }
  var toName: String? { facts["to"]?.array?.first?["name"]?.string }
  var toAddresses: [String] { facts["to"]?.array?.compactMap { $0["address"]?.string } ?? [] }
  /// In lower case, in order, repeated where they are.
  var headerNames: [String] { facts["names"]?.array?.compactMap(\.string) ?? [] }
  var parts: [Part] {
    facts["parts"]?.array?.map { Part(type: $0["type"]?.string ?? "", text: $0["text"]?.string ?? "") } ?? []
  }
  var encodings: [String] { facts["parts"]?.array?.compactMap { $0["encoding"]?.string } ?? [] }
  var defects: [String] { facts["defects"]?.array?.compactMap(\.string) ?? [] }
  var longestLine: Int64? { facts["longest_line"]?.number?.int }
  var longestHeadLine: Int64? { facts["longest_head_line"]?.number?.int }
  var bareLineEnds: Int64? { facts["bare_line_ends"]?.number?.int }
  var isASCII: Bool? { facts["ascii"]?.bool }

  func header(_ name: String) -> String? {
    facts["headers"]?.array?.first { $0["name"]?.string?.lowercased() == name.lowercased() }?["value"]?.string
  }
}
