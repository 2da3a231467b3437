/// One line of a file, and a mark under the word that begins at a column.
struct SourceExcerpt {
  /// With dots where it is cut.
  let line: String
  /// `    ^~~~~`
  let mark: String

  /// Of the line, around the place.
  private static let widest = 110
  private static let before = 60

  /// Nil when the file has no such line. Columns count code points from 1, as in `JSONLocation`.
  init?(of source: [UInt8], line: Int, column: Int) {
    let lines = source.split(separator: UInt8(ascii: "\n"), maxSplits: line, omittingEmptySubsequences: false)
    guard line >= 1, line <= lines.count else { return nil }
    let scalars = Array(String(decoding: lines[line - 1], as: UTF8.self).unicodeScalars.drop { $0 == "\u{FEFF}" })
    let at = min(max(column - 1, 0), scalars.count)
    let start = at > Self.before ? at - Self.before : 0
    let end = min(start + Self.widest, scalars.count)
    let shown = scalars[start..<end].map { $0 == "\t" || $0.isPrintable ? $0 : "·" }
    let (head, tail) = (start > 0 ? "…" : "", end < scalars.count ? "…" : "")
    self.line = head + String(String.UnicodeScalarView(shown)) + tail
    // Tabs stay tabs, so that the mark stands below whatever they are wide.
    let indent = shown[..<(at - start)].map { $0 == "\t" ? "\t" : " " }.joined()
    let length = min(Self.length(scalars[at...]), max(end - at, 1))
    mark = String(repeating: " ", count: head.count) + indent + "^" + String(repeating: "~", count: length - 1)
  }

  /// A text with its quotes, a number or a word; of what is larger only the first sign.
  private static func length(_ rest: ArraySlice<Unicode.Scalar>) -> Int {
    guard let first = rest.first else { return 1 }
    switch first {
    case "\"":
      var isEscaped = false
      for (index, scalar) in rest.dropFirst().enumerated() {
        if scalar == "\"", !isEscaped { return index + 2 }
        isEscaped = scalar == "\\" && !isEscaped
      }
      return 1
    case "{", "[", "}", "]", ",", ":": return 1
    default: return max(1, rest.prefix { !",:]}\"\r".unicodeScalars.contains($0) && $0 != " " }.count)
    }
  }
}
