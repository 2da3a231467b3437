import JSON
import Testing

@testable import Domain

@Suite("Chains that pass a cap by themselves")
struct CapCheckTests {
  private static let letter = #"{"send":"email","template":"a"}"#

  private func doubts(_ steps: String, limit: Int = 2, and more: String = "") throws -> [String] {
    let document = #"{"enter":{"event":"cart"}\#(more),"steps":[\#(steps)]}"#
    var references = References(channels: ["email": ChannelPolicy(), "sms": ChannelPolicy()], templates: ["a"])
    references.caps = [FrequencyCap(channels: ["email"], limit: limit, per: Span(days: 7))]
    let result = ChainParser.parse(try JSONDocument(parsing: Array(document.utf8)), references: references)
    #expect(result.errors == [])
    #expect(result.warnings.allSatisfy { $0.code == .doubtful && $0.hint?.contains("`caps`") == true })
    return result.warnings.map(\.pointer)
  }

  @Test func `the step is named at which it is one too many`() throws {
    let letters = Array(repeating: Self.letter, count: 3).joined(separator: #",{"wait":"1d"},"#)
    #expect(try doubts(letters) == ["/steps/4"])
    #expect(try doubts(letters, limit: 3) == [])
    #expect(try doubts(letters, and: #","purpose":"transactional""#) == [])
    #expect(try doubts(letters.replacing("email", with: "sms")) == [])
  }

  @Test func `what lies a cap's time apart does not count together`() throws {
    let pair = Self.letter + "," + Self.letter
    #expect(try doubts(pair + #",{"wait":"7d"},"# + pair) == [])
    #expect(try doubts(pair + #",{"wait":"6d"},"# + pair) == ["/steps/3"])
    #expect(
      try doubts(
        Self.letter + #",{"send":"email","template":"a","id":"two"},{"wait":"7d","since":"two"},"# + pair) == [])
    // It may be over when the run comes there.
    #expect(try doubts(pair + #",{"wait":"7d","since":"enter"},"# + pair) == ["/steps/3"])
  }

  @Test func `of branches the longest way counts, not their sum`() throws {
    let branch = #"{"if":{"contact":{"vip":true}},"then":[\#(Self.letter)],"else":[\#(Self.letter)]}"#
    #expect(try doubts(branch + "," + Self.letter) == [])
    #expect(try doubts(branch + "," + branch + "," + Self.letter) == ["/steps/2"])
    let answer = #"{"wait_for":{"did":"purchase"},"at_most":"7d","else":[\#(Self.letter)]}"#
    // Who waits in vain has waited for a week, who does not gets one letter less.
    #expect(try doubts(Self.letter + "," + answer + "," + Self.letter) == [])
  }

  @Test func `a chain of two thousand letters is looked at in bounded time`() throws {
    let letters = Array(repeating: Self.letter + #",{"wait":"1m"}"#, count: 900).joined(separator: ",")
    #expect(try doubts(letters, limit: 700).count <= 1)
  }
}
