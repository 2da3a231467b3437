import Glibc
import JSON
import Testing

import struct Domain.Issue

@testable import Domain

@Suite("Large chains")
struct LargeChainTests {
  private func parse(_ steps: String, maxDepth: Int = 256) throws -> ChainParser.Result {
    let text = #"{"enter":{"event":"cart"},"steps":[\#(steps)]}"#
    return ChainParser.parse(
      try JSONDocument(parsing: Array(text.utf8), limits: JSONLimits(maxDepth: maxDepth)))
  }

  private func nested(_ depth: Int) -> String {
    let open = #"{"if":{"trigger":{"total":{">":0}}},"then":["#
    return String(repeating: open, count: depth) + #"{"exit":"bottom"}"# + String(repeating: "]}", count: depth)
  }

  @Test("two hundred steps are walked to their end")
  func walksLong() throws {
    let steps = (0..<200).map { #"{"set":{"n\#($0)":\#($0)}}"# }.joined(separator: ",")
    let walk = try Walk(#"{"enter":{"event":"cart"},"steps":[\#(steps)]}"#)
    try walk.enter("cart", "2026-03-02T09:00:00Z")
    #expect(walk.run.reason == "completed" && walk.run.data["n199"] == 199)
  }

  @Test("fifty steps inside each other are walked to the bottom")
  func walksDeep() throws {
    let walk = try Walk(#"{"enter":{"event":"cart"},"steps":[\#(nested(50))]}"#)
    try walk.enter("cart", "2026-03-02T09:00:00Z", ["total": 1])
    #expect(walk.run.reason == "bottom")
  }

  @Test("more than 2,000 steps are refused, and so are steps nested too deep")
  func refuses() throws {
    let many = try parse((0..<2001).map { _ in #"{"set":{"n":1}}"# }.joined(separator: ","))
    #expect(many.chain == nil && many.errors.map(\.code) == [.tooLarge])
    #expect(try parse((0..<2000).map { _ in #"{"set":{"n":1}}"# }.joined(separator: ",")).chain != nil)
    let deep = try parse(nested(100))
    #expect(deep.chain == nil && deep.errors.map(\.code) == [.tooLarge])
    #expect(throws: JSONError.self) { try parse(nested(150)) }
  }

  @Test("ten thousand mistakes cost no more than reading them: the first two hundred are told")
  func manyMistakes() throws {
    let keys = (0..<5_000).map { #""prefix__\#($0)__suffix":{"wiat":"1x","on":["funday"]}"# }
    let text =
      #"{"enter":{"event":"cart"},"steps":[{\#(keys.joined(separator: ","))}],\#(keys.joined(separator: ","))}"#
    let document = try JSONDocument(parsing: Array(text.utf8))
    var (before, after) = (timespec(), timespec())
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before)
    let result = ChainParser.parse(document)
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after)
    #expect(result.errors.count == 200)
    #expect(after.tv_sec - before.tv_sec < 8)
  }

  @Test("the words of a mistake are made only when it is told")
  func words() throws {
    let place = Place(node: try JSONDocument(parsing: Array("{}".utf8)).root, pointer: "", findings: Findings())
    var words = 0
    func word() -> String {
      words += 1
      return "a word"
    }
    for _ in 0..<20_000 {
      place.error(.badValue, word(), hint: word())
      place.keyError(.badValue, word(), hint: word())
      place.warning(.doubtful, word(), hint: word())
    }
    #expect(words == 2 * (Findings.limit + Findings.limit))
  }

  @Test("twenty thousand unknown conditions cost about what as many known ones do")
  func manyUnknownKinds() throws {
    func nanoseconds(_ condition: (Int) -> String) throws -> (Int, [Issue.Code]) {
      let all = (0..<20_000).map(condition).joined(separator: ",")
      let text = #"{"enter":{"event":"cart"},"steps":[{"if":{"all":[\#(all)]},"then":[]}]}"#
      let document = try JSONDocument(parsing: Array(text.utf8))
      var (before, after) = (timespec(), timespec())
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before)
      let result = ChainParser.parse(document)
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after)
      return (
        (after.tv_sec - before.tv_sec) * 1_000_000_000 + after.tv_nsec - before.tv_nsec, result.errors.map(\.code)
      )
    }
    let (known, _) = try nanoseconds { #"{"did":"purchase_with_a_name_\#($0)"}"# }
    let (unknown, errors) = try nanoseconds { #"{"prefix__\#($0)__suffix":"purchase"}"# }
    #expect(errors == Array(repeating: .unknownKey, count: Findings.limit))
    #expect(unknown < 8 * known)
  }

  @Test("of one object's unknown keys the first twenty are named, and the others counted")
  func manyUnknownKeys() throws {
    let keys = (0..<20_000).map { #""prefix__\#($0)__suffix":1"# }.joined(separator: ",")
    let error = try #require(parse("{\(keys)}").errors.first)
    #expect(error.detail.hasSuffix("`prefix__19__suffix` and 19980 more"))
  }
}
