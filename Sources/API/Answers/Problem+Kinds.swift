public import Domain
import HTTP
import JSON

/// The problems there are, one function each.
extension Problem {
  public static func badRequest(_ detail: String, errors: [Issue] = []) -> Problem {
    Problem(status: 400, code: "bad_request", title: "The request cannot be read", detail: detail, errors: errors)
  }

  static func badIdentifier(_ text: String) -> Problem {
    Problem(
      status: 400, code: "bad_identifier", title: "This is no identifier",
      detail: "expected \(Identifier.expectation), got \"\(text.prefix(200))\"")
  }

  static func badQuery(_ name: String, _ detail: String, hint: String? = nil) -> Problem {
    Problem(
      status: 400, code: "bad_query", title: "A query parameter is wrong",
      detail: "`\(name)`: " + detail + (hint.map { " (\($0))" } ?? ""))
  }

  static func malformedJSON(_ error: JSONError) -> Problem {
    malformedJSON(
      Issue(pointer: "", at: error.location, code: .syntax, detail: "expected \(error.expected), got \(error.got)"))
  }

  static func malformedJSON(_ issue: Issue) -> Problem {
    let place = issue.line.flatMap { line in issue.column.map { "line \(line), column \($0): " } } ?? ""
    return Problem(
      status: 400, code: "malformed_json", title: "The body is not JSON", detail: place + issue.detail, errors: [issue])
  }

  static let unauthorized = Problem(
    status: 401, code: "unauthorized", title: "A key is needed",
    detail: "expected the header `Authorization: Bearer KEY` with a key that is in force",
    headers: [("WWW-Authenticate", "Bearer realm=\"zveno\"")])

  static func forbidden(needs scopes: [Scope]) -> Problem {
    let names = (scopes + [.admin]).reduce(into: [String]()) { names, scope in
      if !names.contains(scope.rawValue) { names.append(scope.rawValue) }
    }
    return Problem(
      status: 403, code: "forbidden", title: "The key may not do this",
      detail: "expected a key with the scope \(names.joined(separator: " or "))")
  }

  public static func notFound(_ detail: String? = nil) -> Problem {
    Problem(status: 404, code: "not_found", title: "Not found", detail: detail)
  }

  static func methodNotAllowed(_ methods: [String]) -> Problem {
    let list = methods.joined(separator: ", ")
    return Problem(
      status: 405, code: "method_not_allowed", title: "Another method is needed", detail: "expected \(list)",
      headers: [("Allow", list)])
  }

  public static func conflict(_ detail: String) -> Problem {
    Problem(status: 409, code: "conflict", title: "Something stands in the way", detail: detail)
  }

  static let changedMeanwhile = Problem(
    status: 412, code: "changed_meanwhile", title: "It was changed meanwhile",
    detail: "expected the ETag of the newest version in If-Match; read it again and repeat the change")

  public static func tooLarge(_ detail: String, errors: [Issue] = []) -> Problem {
    Problem(status: 413, code: "too_large", title: "The request is too large", detail: detail, errors: errors)
  }

  static func unsupportedType(_ type: String?, expected: [String]) -> Problem {
    Problem(
      status: 415, code: "unsupported_type", title: "The body's type is not taken here",
      detail: "expected Content-Type \(expected.joined(separator: " or ")), got \(type ?? "none")",
      headers: [("Accept", expected.joined(separator: ", "))])
  }

  /// A document that was read and not taken, with everything that is wrong with it.
  public static func refused(_ errors: [Issue], warnings: [Issue] = []) -> Problem {
    let count = errors.count == 1 ? "one error" : "\(errors.count) errors"
    return Problem(
      status: 422, code: "refused", title: "The document has errors",
      detail: errors.count == 1 ? errors.first?.detail : "\(count), see `errors`", errors: errors,
      more: warnings.isEmpty ? [:] : ["warnings": .array(warnings.map(\.json))])
  }

  static let `internal` = Problem(
    status: 500, code: "internal", title: "An error inside the server",
    detail: "nothing was changed; the server's log says more")

  public static func overloaded(retryAfterSeconds: Int) -> Problem {
    Problem(
      status: 503, code: "unavailable", title: "Not now", detail: "nothing was taken; try again later",
      headers: [("Retry-After", String(max(1, retryAfterSeconds)))])
  }
}
