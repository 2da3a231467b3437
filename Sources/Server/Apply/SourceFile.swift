import Crypto
import Domain
import JSON

/// A file with its errors' way of being shown.
struct SourceFile {
  let path: String
  let bytes: [UInt8]

  init(path: String) throws {
    self.path = path
    bytes = try FileText.read(path)
  }

  /// `cart` for `config/chains/cart.json`.
  var id: String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return name.split(separator: ".").first.map(String.init) ?? name
  }

  func parsed(maxDepth: Int) throws -> JSONDocument {
    do {
      return try JSONDocument(parsing: bytes, limits: JSONLimits(maxDepth: maxDepth))
    } catch {
      let detail = "expected \(error.expected), got \(error.got)"
      throw FileRefusal([(path, Issue(pointer: "", at: error.location, code: .syntax, detail: detail))])
    }
  }
}

/// Everything wrong with some files.
struct FileRefusal: Error {
  let findings: [(path: String, issue: Issue)]

  init(_ findings: [(path: String, issue: Issue)]) { self.findings = findings }

  /// - Parameter withLines: shows the lines of the files too.
  func print(withLines: Bool = false) {
    for (path, issue) in findings {
      CompilerStyle.print([issue], file: path, severity: .error, source: withLines ? try? FileText.read(path) : nil)
    }
  }
}

/// Whether files are still what was applied last: SHA-256 in hexadecimal.
enum Fingerprint {
  static func of(_ parts: [[UInt8]]) -> String {
    var hash = SHA256()
    for part in parts {
      hash.update(data: withUnsafeBytes(of: UInt64(part.count).littleEndian) { Array($0) })
      hash.update(data: part)
    }
    return hex(Array(hash.finalize()))
  }

  static func hex(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.flatMap { byte in [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }, as: UTF8.self)
  }

  private static let digits = Array("0123456789abcdef".utf8)
}
