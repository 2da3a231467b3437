import Domain
import JSON

/// An entry of `errors` or `warnings` of the server's answer, as compilers print it.
enum ServerIssue {
  static func read(_ json: JSONValue) -> Issue {
    Issue(
      pointer: json["pointer"]?.string ?? "", line: (json["line"]?.number?.int).map { Int($0) },
      column: (json["column"]?.number?.int).map { Int($0) },
      code: json["code"]?.string.flatMap { Issue.Code(rawValue: $0) } ?? .badValue,
      detail: json["detail"]?.string ?? json.text, hint: json["hint"]?.string)
  }

  /// - Parameter line: of the file, where what was sent is a part of it.
  static func line(_ json: JSONValue, at file: String, line: Int? = nil) -> String {
    var issue = read(json)
    issue.line = line ?? issue.line
    return CompilerStyle.line(issue, file: file, severity: .error)
  }
}
