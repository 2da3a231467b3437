import HTTP

/// Which web pages may call from a browser, and what their browsers are told (the CORS protocol of the Fetch standard). It
/// concerns the routes that say so (`Route.isForSites`); a key is needed all the same. Cookies and the browser's own
/// credentials are never allowed: there are none.
public struct CrossOrigin: Sendable, Hashable {
  /// As browsers write them, `https://shop.example`; nil: any.
  public let origins: Set<String>?
  /// How long a browser may remember the answer to its question.
  public let maxAgeSeconds: Int64

  public init(origins: Set<String>?, maxAgeSeconds: Int64) {
    (self.origins, self.maxAgeSeconds) = (origins, maxAgeSeconds)
  }

  private static let requestFields =
    "Authorization, Content-Type, Content-Encoding, Idempotency-Key, If-None-Match, traceparent"
  private static let exposedFields = "ETag, Idempotent-Replayed, RateLimit, RateLimit-Policy, Retry-After"

  /// Of an answer. Where it depends on the origin, caches are told so though none came.
  func fields(for request: Request) -> [(name: String, value: String)] {
    var fields = origins == nil ? [] : [(name: "Vary", value: "Origin")]
    guard let allowed = allowed(request) else { return fields }
    fields.append(("Access-Control-Allow-Origin", allowed))
    fields.append(("Access-Control-Expose-Headers", Self.exposedFields))
    return fields
  }

  func preflight(_ request: Request, method: String) throws(Problem) -> Response {
    guard let allowed = allowed(request) else {
      var problem = Problem(
        status: 403, code: "origin_not_allowed", title: "Pages of this origin may not call",
        detail: "expected an origin that `cors.origins` of the server's configuration names")
      problem.headers.append(("Vary", "Origin"))
      throw problem
    }
    var headers = [
      (name: "Access-Control-Allow-Origin", value: allowed), ("Access-Control-Allow-Methods", method),
      ("Access-Control-Allow-Headers", Self.requestFields), ("Access-Control-Max-Age", String(maxAgeSeconds)),
    ]
    if origins != nil { headers.append(("Vary", "Origin")) }
    return Response(status: 204, headers: headers)
  }

  /// What `Access-Control-Allow-Origin` says to this request; nil: nothing.
  private func allowed(_ request: Request) -> String? {
    guard let origin = request.headers["Origin"] else { return nil }
    guard let origins else { return "*" }
    return origins.contains(origin) ? origin : nil
  }
}
