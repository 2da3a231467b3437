import Domain
import JSON
import Testing

/// `Tests/Corpora/segments`: one small segment for each thing that may be asked of a contact, and one for each mistake.
@Suite("The corpus of segments")
struct SegmentCorpusTests {
  /// What the segments may name outside themselves; `round` asks for the segment at hand.
  private static let references: References = {
    var references = References(
      channels: ["email": ChannelPolicy(), "sms": ChannelPolicy()], templates: [], eventTypes: [])
    references.chains = ["welcome"]
    references.segmentID = "mine"
    references.segments = ["mine", "vip", "asleep", "round"]
    references.segmentUses = ["round": ["further"], "further": ["mine"]]
    references.retention = RetentionPolicy(types: ["view": Span(months: 6)])
    return references
  }()

  private let corpus = Corpus("segments") { document in
    let result = SegmentParser.parse(document.root, references: references)
    return (result.errors, result.warnings)
  }

  @Test("every thing that may be asked of a contact is read without an error or a doubt")
  func reads() throws { try corpus.expectEveryValidOne(moreThan: 12) }

  @Test("every mistake is found, alone, at its place, with words that help")
  func finds() throws { try corpus.expectEveryMistake() }
}
