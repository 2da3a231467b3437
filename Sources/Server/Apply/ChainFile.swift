import Domain
import JSON

/// One chain as its file says: `ID.json`; `ID.tests.json` beside it is not for the server.
struct ChainFile {
  let source: SourceFile
  let document: JSONDocument

  var id: String { source.id }
  var fingerprint: String { Fingerprint.of([source.bytes]) }
  /// As it was written: a marketer's order of keys and numbers are kept.
  var text: String { String(decoding: source.bytes, as: UTF8.self) }

  /// All chains of a folder, in the order of their ids. Throws `FileRefusal` with all errors of all files.
  static func read(folder: String, depth: Int) throws -> [ChainFile] {
    var chains: [ChainFile] = []
    var refusals: [(path: String, issue: Issue)] = []
    for name in try FileText.names(in: folder) where name.hasSuffix(".json") && !name.hasSuffix(".tests.json") {
      do {
        let source = try SourceFile(path: folder + "/" + name)
        chains.append(ChainFile(source: source, document: try source.parsed(maxDepth: depth)))
      } catch let refusal as FileRefusal {
        refusals += refusal.findings
      }
    }
    if !refusals.isEmpty { throw FileRefusal(refusals) }
    return chains
  }

  func check(_ references: References) -> (errors: [(path: String, issue: Issue)], warnings: [Issue]) {
    let result = ChainParser.parse(document, references: references)
    return (result.errors.map { (source.path, $0) }, result.warnings)
  }
}
