import Domain
import JSON

/// One document of a folder beside what the server has of it.
struct RemoteChange {
  enum Action: String {
    case create, update
    /// Only what is there already is to go live: the same draft, or the last version out of the archive.
    case publish
  }

  let kind: RemoteKind
  let id: String
  /// Of the file, or of the template's files without their endings.
  let place: String
  let action: Action
  /// As it is to be sent.
  let body: [UInt8]
  /// What the server had when it was looked at; nil: nothing.
  var tag: String?
  let diffs: [UnifiedDiff]
  /// The chain was paused when it was looked at: publishing it is no resuming.
  let isPaused: Bool
  /// For the person who decides.
  let remark: String?

  /// Only over what was looked at.
  var condition: [String: String] { tag.map { ["If-Match": $0] } ?? ["If-None-Match": "*"] }

  func shown(coloured: Bool) -> String {
    let head = "\(action.rawValue) \(kind.rawValue) \(id)" + (remark.map { " (\($0))" } ?? "")
    return ([head] + diffs.flatMap { $0.shown(coloured: coloured) }).joined(separator: "\n")
  }

  /// An entry of `errors` or `warnings` of the server's answer, where it is to be looked for: a template's files lie
  /// elsewhere than its text did that was sent.
  func line(_ finding: JSONValue, _ severity: CompilerStyle.Severity) -> String {
    var issue = ServerIssue.read(finding)
    if kind == .template { (issue.line, issue.column) = (nil, nil) }
    return CompilerStyle.line(issue, file: place, severity: severity)
  }

  var json: JSONValue {
    var object: JSONObject = [
      "action": .string(action.rawValue), "kind": .string(kind.rawValue), "id": .string(id),
    ]
    object["remark"] = remark.map { .string($0) }
    object["diff"] = .string(diffs.flatMap(\.lines).map { $0 + "\n" }.joined())
    return .object(object)
  }
}
