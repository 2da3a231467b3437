import Domain
import JSON

/// The parsers of chains and segments: any JSON at all gives what was meant or errors, never both nor neither; each error
/// stands at a place inside the text, and its pointer leads to something there or to what is missing there.
enum ChainDoor {
  static func enter(_ bytes: [UInt8]) throws(Broken) {
    guard let document = try? JSONDocument(parsing: bytes, limits: JSONLimits(maxDepth: 256)) else { return }
    let chain = ChainParser.parse(document)
    try Broken.unless((chain.chain == nil) != chain.errors.isEmpty, "a chain beside its errors, or neither")
    try check(chain.errors + chain.warnings, document.root, bytes)
    let segment = SegmentParser.parse(document.root)
    try Broken.unless((segment.segment == nil) != segment.errors.isEmpty, "a segment beside its errors, or neither")
    try check(segment.errors + segment.warnings, document.root, bytes)
  }

  private static func check(_ issues: [Issue], _ root: JSONNode, _ bytes: [UInt8]) throws(Broken) {
    for issue in issues {
      try Broken.unless(leads(issue.pointer, root), "the pointer \(issue.pointer) of \(issue.detail)")
      guard let line = issue.line, let column = issue.column else { throw Broken("no place of \(issue.detail)") }
      try JSONDoor.check(line: line, column: column, bytes)
    }
  }

  /// Whether all but the last part of an RFC 6901 pointer is there.
  private static func leads(_ pointer: String, _ root: JSONNode) -> Bool {
    guard pointer.isEmpty || pointer.hasPrefix("/") else { return false }
    var node = root
    for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().dropLast() {
      let key = String(part.replacing("~1", with: "/").replacing("~0", with: "~"))
      guard let next = child(node, key) else { return false }
      node = next
    }
    return true
  }

  private static func child(_ node: JSONNode, _ key: String) -> JSONNode? {
    guard node.kind == .array else { return node[key] }
    return Int(key).flatMap { node.elements.indices.contains($0) ? node.elements[$0] : nil }
  }
}
