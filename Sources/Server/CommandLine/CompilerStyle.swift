import Domain

/// Errors and warnings about a file as compilers print them, so that editors can jump to the place:
/// `config/zveno.json:12:7: error: unknown key "lisen" — did you mean "listen"? [/lisen]`. With the source at hand the
/// line itself stands below, and a mark under what is meant.
enum CompilerStyle {
  enum Severity: String {
    case error, warning

    fileprivate var colour: String { self == .error ? "1;31" : "1;35" }
  }

  static func line(_ issue: Issue, file: String, severity: Severity) -> String {
    text(issue, file: file, severity: severity, source: nil, coloured: false)
  }

  /// - Parameter source: the file's bytes; nil shows no line of it.
  static func text(_ issue: Issue, file: String, severity: Severity, source: [UInt8]?, coloured: Bool) -> String {
    func colour(_ text: String, _ code: String) -> String { coloured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
    var place = file
    if let line = issue.line { place += ":\(line):\(issue.column ?? 1)" }
    let hint = issue.hint.map { " — \($0.printable)" } ?? ""
    let pointer = issue.pointer.isEmpty ? "" : " [\(issue.pointer.printable)]"
    let detail = colour(issue.detail.printable, "1") + hint + colour(pointer, "2")
    var text = "\(colour("\(place):", "1")) \(colour("\(severity.rawValue):", severity.colour)) \(detail)"
    if let source, let line = issue.line,
      let excerpt = SourceExcerpt(of: source, line: line, column: issue.column ?? 1)
    {
      text += "\n  \(excerpt.line)\n  \(colour(excerpt.mark, "1;32"))"
    }
    return text
  }

  static func print(_ issues: [Issue], file: String, severity: Severity, source: [UInt8]? = nil) {
    print(issues.map { ($0, severity) }, file: file, source: source)
  }

  /// In the order of the file.
  static func print(_ findings: [(issue: Issue, severity: Severity)], file: String, source: [UInt8]?) {
    let ordered = findings.enumerated().sorted { one, other in
      let (a, b) = (one.element.issue, other.element.issue)
      return (a.line ?? 0, a.column ?? 0, one.offset) < (b.line ?? 0, b.column ?? 0, other.offset)
    }
    let coloured = Terminal.takesColours
    for (_, (issue, severity)) in ordered {
      Terminal.error(text(issue, file: file, severity: severity, source: source, coloured: coloured))
    }
  }
}

extension String {
  /// What a document says never steers the terminal it is shown on.
  var printable: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.isPrintable ? $0 : "·" }))
  }
}

extension Unicode.Scalar {
  var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
    default: true
    }
  }
}
