import Delivery
import Domain
import Foundation
import JSON
import Testing

@testable import Server

/// The chains and templates of `config/`, as the files they are. That each chain passes its own tests is among the tests
/// of `zveno test`.
@Suite("The library")
struct LibraryTests {
  private static let folder = URL(filePath: #filePath).appending(path: "../../../config").standardized.path
  private static let ids = (try? library().chains.map(\.id)) ?? []
  private static let segments = (try? library().segments.map(\.id)) ?? []

  /// Beside the standard ones: what a shop sends for the chains that are about more than goods.
  private static let ownTypes: Set<String> = [
    "subscribe", "rsvp", "attended", "contest.joined", "contest.entry", "contest.result", "friend.invited", "payment",
    "subscription.cancelled", "expecting.ended", "app_open", "push_subscribed",
  ]

  private static func library() throws -> ApplyFolder { try ApplyFolder.read(folder, LimitSettings()) }

  private static func configuration() throws -> Configuration {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder + "/zveno.json")))
    return try Configuration.read(bytes, environment: [:], needsSecrets: false).configuration
  }

  private func chain(_ id: String) throws -> ChainFile {
    try #require(try Self.library().chains.first { $0.id == id })
  }

  private func references(_ id: String) throws -> References {
    let (library, rules) = (try Self.library(), Rules(try Self.configuration()))
    var references = References(
      channels: rules.channels, templates: Set(library.templates.map(\.id)), eventTypes: Self.ownTypes)
    references.partials = Set(library.templates.filter(\.document.isPartial).map(\.id))
    references.chains = Set(library.chains.map(\.id))
    references.segmentUses = Dictionary(uniqueKeysWithValues: library.segments.map { ($0.id, $0.uses) })
    references.segments = Set(references.segmentUses.keys)
    (references.retention, references.caps) = (rules.retention, rules.caps)
    references.chainID = id
    return references
  }

  @Test("every scenario is there that needs neither a catalogue nor points or coupons")
  func areThere() {
    #expect(
      Set(Self.ids).isSuperset(of: [
        "registration", "interest", "cart", "after-purchase", "welcome", "abandoned-category", "abandoned-search",
        "abandoned-product", "repeat-purchase", "event-invitation", "contest", "bring-a-friend", "subscriber",
        "reactivation", "expecting-soon", "expecting", "future-father", "bigger-bed", "promotion", "anniversary",
        "wake-up", "iphone-accessories", "reader-faded", "running-out", "best-gift", "relevant-offer",
        "shorter-interval",
      ]))
    #expect(
      Set(Self.segments).isSuperset(of: [
        "iphone-accessories", "losing-regular", "losing-new", "losing-visitor", "losing-subscriber",
        "opens-everything", "inactive-3-months", "asleep-6-months", "expecting-soon", "expecting", "future-father",
        "bigger-bed", "best", "average", "worst", "best-at-ceiling", "buys-at-discount",
      ]))
  }

  @Test("each segment is saved without an error or a doubt, and says what it is for", arguments: segments)
  func segmentReads(_ id: String) throws {
    let file = try #require(try Self.library().segments.first { $0.id == id })
    var references = try references(id)
    references.segmentID = id
    let result = SegmentParser.parse(file.document.root, references: references)
    #expect(result.errors == [])
    #expect(result.warnings == [])
    #expect(result.segment?.name != nil && result.segment?.note != nil, "a marketer finds it by its name and note")
  }

  @Test("each segment moves somebody: a chain asks for it, another segment does, or its note says that none is to")
  func segmentsAreUsed() throws {
    let library = try Self.library()
    var used = Set<String>()
    for file in library.chains { used.formUnion(try #require(ChainParser.parse(file.document).chain).segments) }
    for file in library.segments { used.formUnion(file.uses) }
    for file in library.segments where !used.contains(file.id) {
      let note = try #require(SegmentParser.parse(file.document.root).segment?.note)
      #expect(note.contains("цепочку не запускает"), "\(file.id)")
    }
  }

  @Test("each chain is published without an error or a doubt", arguments: ids)
  func reads(_ id: String) throws {
    let result = ChainParser.parse(try chain(id).document, references: try references(id))
    #expect(result.errors == [])
    #expect(result.warnings == [])
    #expect(result.chain?.name != nil && result.chain?.note != nil, "a marketer finds it by its name and note")
  }

  @Test("each chain has tests beside it", arguments: ids)
  func isTested(_ id: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: Self.folder + "/chains/\(id).tests.json")))
    let tests = try JSONDocument(parsing: bytes, limits: JSONLimits(maxDepth: 256)).root
    #expect(tests["chain"]?.string == id)
    #expect((tests["tests"]?.elements.count ?? 0) >= 2)
  }

  @Test("what a chain names of other chains, and of their steps, is there", arguments: ids)
  func namesOthers(_ id: String) throws {
    let chains = try Self.library().chains
    let steps = try chains.reduce(into: [String: Set<String>]()) { steps, file in
      steps[file.id] = Set(try #require(ChainParser.parse(file.document).chain).program.map(\.label))
    }
    for place in Self.mentions(in: try chain(id).document.root) {
      let known = try #require(steps[place.chain], "\(id) names the chain \(place.chain)")
      if let step = place.step { #expect(known.contains(step), "\(id) names \(step) of \(place.chain)") }
    }
  }

  private struct Mention {
    let chain: String
    let step: String?
  }

  /// `{"in_chain": …}`, `{"leave": …}`, `{"enter": …}` and `where` about the server's own events.
  private static func mentions(in node: JSONNode) -> [Mention] {
    let inside = node.elements.flatMap(mentions) + node.members.flatMap { mentions(in: $0.value) }
    let named = ["in_chain", "leave", "enter"].compactMap { node[$0]?.string }
    return inside + named.map { Mention(chain: $0, step: nil) }
      + [node["where"]].compactMap { place in
        place?["chain"]?.string.map { Mention(chain: $0, step: place?["step"]?.string) }
      }
  }

  @Test("every template is Russian and English, is used, and its subjects keep the rules")
  func templates() throws {
    let library = try Self.library()
    let documents = Dictionary(uniqueKeysWithValues: library.templates.map { ($0.id, $0.document) })
    let shop = try Self.configuration().shop.templates
    var used = Set<String>()
    for file in library.chains {
      used.formUnion(Self.templates(of: try #require(ChainParser.parse(file.document).chain)))
    }
    for (id, document) in documents {
      #expect(document.locale == "ru" && document.locales["en"] != nil, "\(id)")
      let template = try Template(document, id: id, shop: shop, library: TemplateLibrary(documents))
      #expect(template.warnings == [], "\(id)")
      if used.contains(id) { used.formUnion(template.partials) }
    }
    #expect(Set(documents.keys).subtracting(used) == [], "nobody uses them")
  }

  private static func templates(of chain: Chain) -> [String] {
    chain.program.flatMap { step -> [String] in
      switch step.kind {
      case .send(let send): send.templates
      case .offer(let offer): [offer.template]
      default: []
      }
    }
  }
}
