public import Domain
public import HTTP
public import JSON

/// Every answer that is not a success, from 400 to 503 (RFC 9457). There is no other writer of errors.
public struct Problem: Error, Sendable {
  public var status: Int
  /// The stable word after `urn:zveno:problem:`, for programs.
  public var code: String
  /// The same for each `code`, for people.
  public var title: String
  /// What was expected, what came, what to do; never an address or a message's content.
  public var detail: String?
  public var errors: [Issue]
  public var headers: [(name: String, value: String)]
  /// Members beside the standard ones.
  public var more: JSONObject

  public init(
    status: Int, code: String, title: String, detail: String? = nil, errors: [Issue] = [],
    headers: [(name: String, value: String)] = [], more: JSONObject = [:]
  ) {
    (self.status, self.code, self.title, self.detail) = (status, code, title, detail)
    (self.errors, self.headers, self.more) = (errors, headers, more)
  }

  public static let mediaType = "application/problem+json"

  public var response: Response {
    var object: JSONObject = [
      "type": .string("urn:zveno:problem:" + code), "title": .string(title), "status": .number(JSONNumber(status)),
    ]
    object["detail"] = detail.map(JSONValue.string)
    if !errors.isEmpty { object["errors"] = .array(errors.map(\.json)) }
    for (name, value) in more { object[name] = value }
    let headers = [(name: "Content-Type", value: Self.mediaType), ("Cache-Control", "no-store")] + self.headers
    return Response(status: status, headers: headers, body: JSONValue.object(object).serialized())
  }
}

/// What the HTTP layer finds by itself, before there is a route.
extension Problem {
  public static func found(status: Int, detail: String) -> Problem {
    let (code, title) = names[status] ?? ("bad_request", "The request cannot be read")
    return Problem(status: status, code: code, title: title, detail: detail)
  }

  private static let names: [Int: (String, String)] = [
    400: ("bad_request", "The request cannot be read"),
    404: ("not_found", "Not found"),
    405: ("method_not_allowed", "Another method is needed"),
    408: ("request_timeout", "The request took too long"),
    411: ("length_required", "The request's length is missing"),
    413: ("too_large", "The request is too large"),
    414: ("target_too_long", "The request's target is too long"),
    415: ("unsupported_type", "The body's type is not taken here"),
    417: ("expectation_failed", "The expectation cannot be met"),
    431: ("headers_too_large", "The request's headers are too large"),
    500: ("internal", "An error inside the server"),
    501: ("not_implemented", "Not implemented"),
    503: ("unavailable", "Not now"),
    505: ("version_not_supported", "The HTTP version is not supported"),
  ]
}
