import Domain
import JSON

/// One segment as its file says: `ID.json`.
struct SegmentFile {
  let source: SourceFile
  let document: JSONDocument

  init(source: SourceFile, depth: Int) throws {
    (self.source, document) = (source, try source.parsed(maxDepth: depth))
  }

  var id: String { source.id }
  var fingerprint: String { Fingerprint.of([source.bytes]) }
  /// As it was written.
  var text: String { String(decoding: source.bytes, as: UTF8.self) }
  /// The segments that its condition names.
  var uses: Set<String> { SegmentParser.parse(document.root).segment?.condition.segments ?? [] }

  /// All segments of a folder, in the order of their ids. Throws `FileRefusal` with all errors of all files.
  static func read(folder: String, depth: Int) throws -> [SegmentFile] {
    var segments: [SegmentFile] = []
    var refusals: [(path: String, issue: Issue)] = []
    for name in try FileText.names(in: folder) where name.hasSuffix(".json") {
      do {
        segments.append(try SegmentFile(source: SourceFile(path: folder + "/" + name), depth: depth))
      } catch let refusal as FileRefusal {
        refusals += refusal.findings
      }
    }
    if !refusals.isEmpty { throw FileRefusal(refusals) }
    return segments
  }

  func check(_ references: References?) -> (errors: [(path: String, issue: Issue)], warnings: [Issue]) {
    let result = SegmentParser.parse(document.root, references: references)
    return (result.errors.map { (source.path, $0) }, result.warnings)
  }
}
