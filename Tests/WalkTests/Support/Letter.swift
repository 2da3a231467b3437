import Foundation
import JSON

/// A letter as a mail program shows it: parsed by Python's email package, not by anything of ours.
struct Letter {
  private let facts: JSONValue

  struct Unreadable: Error { let file: String }

  init(file: URL) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = [TestServer.scripts.appending(path: "read_mail.py").path, file.path]
    let output = try PrivatePipe()
    process.standardOutput = output.writing
    try process.run()
    try output.writing.close()
    let data = try output.reading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Unreadable(file: file.path) }
    facts = try JSONValue(parsing: [UInt8](data))
  }

  var subject: String? { facts["subject"]?.string }
  var to: [String] { facts["to"]?.array?.compactMap { $0["address"]?.string } ?? [] }
  var defects: [String] { facts["defects"]?.array?.compactMap(\.string) ?? [] }

  func header(_ name: String) -> String? {
    facts["headers"]?.array?.first { $0["name"]?.string?.lowercased() == name.lowercased() }?["value"]?.string
  }

  func part(_ type: String) -> String? {
    facts["parts"]?.array?.first { $0["type"]?.string == type }?["text"]?.string
  }

  /// The values of an attribute in the HTML, unescaped: `href`, `src`.
  func attributes(_ name: String) -> [String] {
    (part("text/html") ?? "").components(separatedBy: name + "=\"").dropFirst().map { rest in
      rest.prefix { $0 != "\"" }.replacingOccurrences(of: "&amp;", with: "&")
    }
  }
}
