import Domain

/// Errors and warnings about a file as compilers print them, so that editors can jump to the place:
/// `config/zveno.json:12:7: error: unknown key "lisen" — did you mean "listen"? [/lisen]`.
enum CompilerStyle {
  enum Severity: String {
    case error, warning
  }

  static func line(_ issue: Issue, file: String, severity: Severity) -> String {
    var place = file
    if let line = issue.line { place += ":\(line):\(issue.column ?? 1)" }
    let hint = issue.hint.map { " — \($0)" } ?? ""
    let pointer = issue.pointer.isEmpty ? "" : " [\(issue.pointer)]"
    return "\(place): \(severity.rawValue): \(issue.detail)\(hint)\(pointer)"
  }

  static func print(_ issues: [Issue], file: String, severity: Severity) {
    for issue in issues { Terminal.error(line(issue, file: file, severity: severity)) }
  }
}
