import Domain
import JSON
import SQL

/// Published versions as texts and as programs, read by the checks themselves and not from the server's memory.
final class Documents {
  struct Version {
    let document: JSONValue
    let chain: Chain
  }

  private struct Key: Hashable {
    let chain: Int64
    let version: Int64
  }

  private let db: Connection
  private var known: [Key: Version] = [:]

  init(_ db: Connection) { self.db = db }

  /// A round that was lost takes its versions back: what is kept here is only what was seen in the file.
  func version(_ chain: Int64, _ version: Int64) throws -> Version {
    let key = Key(chain: chain, version: version)
    if let known = known[key] { return known }
    let sql = "SELECT document FROM chain_versions WHERE chain = $1 AND version = $2"
    guard let text = try db.first(sql, [.int(chain), .int(version)], { $0.text(0) }),
      let parsed = ChainParser.parse(try JSONDocument(parsing: Array(text.utf8))).chain
    else { throw Violation("versions stay", "no version \(version) of chain \(chain)") }
    let read = Version(document: try JSONValue(parsing: text), chain: parsed)
    known[key] = read
    return read
  }
}
