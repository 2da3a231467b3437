import Domain
import Testing

/// `Tests/Corpora/chains`: one small chain for each thing the language has, and one for each mistake.
@Suite("The corpus of chains")
struct ChainCorpusTests {
  /// What the chains may name outside themselves.
  private static let references: References = {
    var references = References(
      channels: [
        "email": ChannelPolicy(hours: ClockSpan("09:00..20:00")), "sms": ChannelPolicy(),
        "call": ChannelPolicy(opensTask: true),
      ],
      templates: ["a", "b", "c", "cart-1", "footer"], eventTypes: [])
    references.partials = ["footer"]
    references.chainID = "mine"
    references.chains = ["welcome"]
    references.webhooks = ["crm"]
    references.segments = ["vip", "asleep"]
    references.retention = RetentionPolicy(types: ["view": Span(months: 6)])
    return references
  }()

  private let corpus = Corpus("chains") { document in
    let result = ChainParser.parse(document, references: references)
    return (result.errors, result.warnings)
  }

  @Test("every thing the language has is read without an error or a doubt")
  func reads() throws { try corpus.expectEveryValidOne(moreThan: 50) }

  @Test("every mistake is found, alone, at its place, with words that help")
  func finds() throws { try corpus.expectEveryMistake() }
}
