import HTTP

/// The ETag of what two people may edit, and the conditions under which one of them may (RFC 9110 §13.1).
struct Revision: Sendable, Hashable {
  let number: Int64

  init(_ number: Int64) { self.number = number }

  var tag: String { "\"\(number)\"" }

  var header: (name: String, value: String) { ("ETag", tag) }

  /// 412 unless the call's If-Match and If-None-Match allow a change of what is now `current`; nil: there is nothing yet.
  /// A GET is never refused: it may be answered with 304 (see `Response.asking(_:)`).
  static func check(_ call: Call, current: Revision?) throws(Problem) {
    if ["GET", "HEAD"].contains(call.request.method) { return }
    if let wanted = call.request.headers["If-Match"] {
      guard let current, matches(wanted, current) else { throw .changedMeanwhile }
    }
    if let unwanted = call.request.headers["If-None-Match"], let current, matches(unwanted, current) {
      throw .changedMeanwhile
    }
  }

  private static func matches(_ list: String, _ current: Revision) -> Bool { list.namesTag(current.tag) }
}

extension Response {
  /// 304 without a body where the caller has what this would tell him (RFC 9110 §13.1.2, §15.4.5).
  func asking(_ request: Request) -> Response {
    guard status == 200, ["GET", "HEAD"].contains(request.method), let tag = header("ETag"),
      let known = request.headers["If-None-Match"], known.namesTag(tag)
    else { return self }
    return Response(status: 304, headers: [("ETag", tag)], body: [])
  }
}

extension String {
  /// Whether a list of entity tags names `tag`, weakly compared.
  fileprivate func namesTag(_ tag: String) -> Bool {
    split(separator: ",").contains { item in
      let item = item.drop { $0 == " " }.prefix { $0 != " " }
      return item == "*" || item == tag || item == "W/" + tag
    }
  }
}
