import Domain
import Engine
import HTTP
import JSON
import SQL

/// The body of a call that brings a chain, and what the parser says of it.
struct ChainDocument: Sendable {
  let text: String
  let node: JSONNode
  /// Without a look at what it names outside itself.
  let result: ChainParser.Result

  /// What is no JSON has one error like those of the language, since that is what a marketer's slip of a comma is.
  init(_ call: Call) throws(Problem) {
    try call.requireType(["application/json"])
    try call.requireSize(ChainStore.documentBytes)
    do { node = try Self.parse(call.request.body) } catch { throw .refused([.syntax(error)]) }
    text = String(decoding: call.request.body, as: UTF8.self)
    result = ChainParser.parse(node)
  }

  /// A document of the store, which was read once already.
  static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONNode {
    try JSONDocument(parsing: bytes, limits: JSONLimits(maxDepth: ChainStore.documentDepth)).root
  }
}

extension Issue {
  static func syntax(_ error: JSONError) -> Issue {
    Issue(pointer: "", at: error.location, code: .syntax, detail: "expected \(error.expected), got \(error.got)")
  }
}
