extension String {
  /// A help text as it stands in the source, with one line for each paragraph: the terminal's width folds it. Lines that
  /// are indented stay as they are.
  var paragraphs: String {
    var lines: [String] = []
    for line in split(separator: "\n", omittingEmptySubsequences: false) {
      if let last = lines.last, Self.isProse(last), Self.isProse(line) {
        lines[lines.count - 1] = last + " " + line
      } else {
        lines.append(String(line))
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func isProse(_ line: some StringProtocol) -> Bool {
    guard let first = line.first else { return false }
    return !first.isWhitespace
  }
}
