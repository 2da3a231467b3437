import Crypto
import Domain
import HTTP
import JSON

/// The ETag of what two people may edit, and the conditions under which one of them may (RFC 9110 §13.1).
struct Revision: Sendable, Hashable {
  let number: Int64
  /// What a reader sees besides and nobody edits, as a segment's count: another of it makes another tag and no conflict.
  var standing = ""

  init(_ number: Int64, standing: String = "") { (self.number, self.standing) = (number, standing) }

  var tag: String { standing.isEmpty ? "\"\(number)\"" : "\"\(number)-\(standing)\"" }

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

  private static func matches(_ list: String, _ current: Revision) -> Bool {
    list.entityTags.contains { $0 == "*" || edited($0) == "\"\(current.number)\"" }
  }

  /// The tag without what nobody edits.
  static func edited(_ tag: some StringProtocol) -> String {
    guard let dash = tag.firstIndex(of: "-"), tag.hasSuffix("\"") else { return String(tag) }
    return tag[..<dash] + "\""
  }
}

extension Response {
  /// 304 without a body where the caller has what this would tell him (RFC 9110 §13.1.2, §15.4.5).
  func asking(_ request: Request) -> Response {
    guard status == 200, ["GET", "HEAD"].contains(request.method), let tag = header("ETag"),
      let known = request.headers["If-None-Match"], known.entityTags.contains(where: { $0 == "*" || $0 == tag })
    else { return self }
    return Response(status: 304, headers: [("ETag", tag)], body: [])
  }

  /// With an ETag of what it says.
  func tagged() -> Response {
    var response = self
    response.headers.append(("ETag", "\"\(Self.digest(body))\""))
    return response
  }

  /// 16 letters, digits, `-` and `_`.
  static func digest(_ bytes: [UInt8]) -> String { Base64URL.encode(Array(SHA256.hash(data: bytes).prefix(12))) }
}

extension String {
  /// Of a list of entity tags; a weak one is as good as a strong one. Read as bytes: to characters, a combining mark
  /// behind a comma would hide it.
  fileprivate var entityTags: [String] {
    let (space, tab) = (UInt8(ascii: " "), UInt8(ascii: "\t"))
    return utf8.split(separator: UInt8(ascii: ",")).map { item in
      let item = item.drop { $0 == space || $0 == tab }.prefix { $0 != space && $0 != tab }
      let tag = item.starts(with: "W/".utf8) ? item.dropFirst(2) : item
      return String(decoding: Array(tag), as: UTF8.self)
    }
  }
}
