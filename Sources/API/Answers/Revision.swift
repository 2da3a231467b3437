import HTTP

/// The ETag of what two people may edit, and the conditions under which one of them may (RFC 9110 §13.1).
struct Revision: Sendable, Hashable {
  let number: Int64

  init(_ number: Int64) { self.number = number }

  var tag: String { "\"\(number)\"" }

  var header: (name: String, value: String) { ("ETag", tag) }

  /// 412 unless the call's If-Match and If-None-Match allow a change of what is now `current`; nil: there is nothing yet.
  static func check(_ call: Call, current: Revision?) throws(Problem) {
    if let wanted = call.request.headers["If-Match"] {
      guard let current, matches(wanted, current) else { throw .changedMeanwhile }
    }
    if let unwanted = call.request.headers["If-None-Match"], let current, matches(unwanted, current) {
      throw .changedMeanwhile
    }
  }

  private static func matches(_ list: String, _ current: Revision) -> Bool {
    list.split(separator: ",").contains { item in
      let tag = item.drop { $0 == " " }.prefix { $0 != " " }
      return tag == "*" || tag == current.tag || tag == "W/" + current.tag
    }
  }
}
