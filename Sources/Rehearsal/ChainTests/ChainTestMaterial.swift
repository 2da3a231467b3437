public import Domain
import Engine
import JSON

/// The chains, segments and templates that tests are run with, as documents by id.
public struct ChainTestMaterial: Sendable {
  /// The tested chain among them.
  public var chains: [String: String]
  public var templates: [String: String]
  public var segments: [String: String]

  public init(chains: [String: String], templates: [String: String], segments: [String: String] = [:]) {
    (self.chains, self.templates, self.segments) = (chains, templates, segments)
  }

  /// The segments that chains name, and those that these name.
  /// - Parameter document: of a segment; nil where there is none of that id.
  public static func segments(
    of chains: some Sequence<String>, _ document: (String) throws -> String?
  ) throws -> [String: String] {
    let limits = JSONLimits(maxDepth: ChainStore.documentDepth)
    var found: [String: String] = [:]
    var left = chains.flatMap { chain in
      (try? JSONDocument(parsing: Array(chain.utf8), limits: limits)).flatMap { ChainParser.parse($0).chain?.segments }
        ?? []
    }
    while let id = left.popLast() {
      guard found[id] == nil, let text = try document(id) else { continue }
      found[id] = text
      let parsed = try? JSONDocument(parsing: Array(text.utf8), limits: limits)
      left += parsed.flatMap { SegmentParser.parse($0.root).segment?.condition.segments } ?? []
    }
    return found
  }

  /// The templates that a chain's document names: in letters, and on the site.
  public static func templates(of chain: String) -> (sent: Set<String>, offered: Set<String>) {
    let limits = JSONLimits(maxDepth: ChainStore.documentDepth)
    guard let document = try? JSONDocument(parsing: Array(chain.utf8), limits: limits),
      let parsed = ChainParser.parse(document).chain
    else { return ([], []) }
    var (sent, offered): (Set<String>, Set<String>) = ([], [])
    for step in parsed.program {
      switch step.kind {
      case .send(let send): sent.formUnion(send.templates)
      case .offer(let offer): offered.insert(offer.template)
      default: break
      }
    }
    return (sent, offered)
  }

  /// For where there are no templates: one line of text in the place of each that the chain names.
  public static func standIns(for chain: String) -> [String: String] {
    let named = templates(of: chain)
    return Dictionary(uniqueKeysWithValues: named.sent.union(named.offered).map { ($0, "{\"text\":\"\u{2014}\"}") })
  }

  /// A world in which they are live.
  /// - Parameter before: what is there before they are.
  func world(
    _ setting: WorldSetting, starts: Timestamp, isOver: @escaping () -> Bool, before: (World) throws -> Void = { _ in }
  ) throws -> World {
    let world = try World(setting, starts: starts, isOver: isOver)
    for (id, document) in templates.sorted(by: { $0.key < $1.key }) { try world.save(template: id, document) }
    try before(world)
    try world.settle()
    for (id, document) in segments.sorted(by: { $0.key < $1.key }) { try world.save(segment: id, document) }
    try world.settle()
    for (id, document) in chains.sorted(by: { $0.key < $1.key }) {
      do { try world.publish(id, document) } catch let refusal as Refusal {
        throw UnpublishableChain(id: id, issues: refusal.issues)
      }
    }
    return world
  }
}

/// A chain that no server would publish.
public struct UnpublishableChain: Error, Sendable {
  public let id: String
  public let issues: [Issue]
}
