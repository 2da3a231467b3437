import Domain
import Engine
import HTTP
import JSON

/// The body of a call that brings a segment.
struct SegmentDocument: Sendable {
  let text: String
  let node: JSONNode

  init(_ call: Call) throws(Problem) {
    try call.requireType(["application/json"])
    try call.requireSize(SegmentStore.documentBytes)
    do { node = try Self.parse(call.request.body) } catch { throw .refused([.syntax(error)]) }
    text = String(decoding: call.request.body, as: UTF8.self)
  }

  /// A document of the store, which was read once already.
  static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONNode {
    try JSONDocument(parsing: bytes, limits: JSONLimits(maxDepth: SegmentStore.documentDepth)).root
  }
}
