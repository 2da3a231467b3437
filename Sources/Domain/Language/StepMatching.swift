public import JSON

/// What becomes of each step of a version when the next one takes over the runs inside: matched by id, else by content
/// and place. Pure; it knows steps by their ids, places and texts alone, not by what they do.
public struct StepMatching: Sendable {
  public enum Fate: Sendable, Hashable {
    /// The same step is there, at this index.
    case stays(Int, isChanged: Bool)
    /// It has no id and its place has changed. The likeliest step is at this index, but nobody can be sure.
    case moved(Int)
    /// It is gone. Runs go on at this index: the next step of the old order that is still there, or the new end.
    case deleted(next: Int)
  }

  /// For each index of the old program.
  public let fates: [Fate]
  /// Nothing differs but names, notes and ids.
  public let isSame: Bool

  /// - Parameters:
  ///   - old: a version, and `oldText` its document.
  ///   - new: the version that comes after it, and `newText` its document.
  public init(from old: Chain, _ oldText: JSONNode, to new: Chain, _ newText: JSONNode) {
    let (before, after) = (StepTexts(old, oldText), StepTexts(new, newText))
    var pairing = StepPairing(before, after)
    pairing.run()
    fates = before.items.map { item in
      switch pairing.found[item.index] {
      case .same(let index): .stays(index, isChanged: item.content != after.items[index].content)
      case .elsewhere(let index): .moved(index)
      case nil:
        .deleted(next: before.following(item).lazy.compactMap { pairing.found[$0.index]?.index }.first ?? new.end)
      }
    }
    let stay = fates.indices.map { Fate.stays($0, isChanged: false) }
    isSame = fates == stay && old.program.count == new.program.count && before.frame == after.frame
  }

  /// Where a step is now, if it is still there.
  public func index(of step: Int) -> Int? {
    switch fates[safe: step] {
    case .stays(let index, _), .moved(let index): index
    case .deleted, nil: nil
    }
  }
}

/// Finds for each step of one document the same one in another.
private struct StepPairing {
  enum Find {
    case same(Int)
    case elsewhere(Int)

    var index: Int {
      switch self {
      case .same(let index), .elsewhere(let index): index
      }
    }
  }

  private let old: StepTexts
  private let new: StepTexts
  private(set) var found: [Int: Find] = [:]
  private var taken: Set<Int> = []

  init(_ old: StepTexts, _ new: StepTexts) { (self.old, self.new) = (old, new) }

  mutating func run() {
    for item in old.items {
      if let id = item.id, let index = new.ids[id] { pair(item, .same(index)) }
    }
    // What lies inside a step keeps its place as long as the step is known: each round knows more of them.
    var known = -1
    while known != found.count {
      known = found.count
      pairPlaces { item, other in item.content == other.content }
      let (left, spare) = (contents(unpaired), contents(free))
      pairPlaces { item, other in
        // Another text at the place is the step changed, unless either text stands elsewhere.
        item.id == nil && item.kind == other.kind && left[other.content] == nil && spare[item.content] == nil
      }
    }
    var spare = contents(free)
    for item in unpaired {
      guard let index = spare[item.content]?.first else { continue }
      spare[item.content]?.removeFirst()
      pair(item, .elsewhere(index))
    }
  }

  private mutating func pair(_ item: StepTexts.Item, _ find: Find) {
    found[item.index] = find
    taken.insert(find.index)
  }

  private mutating func pairPlaces(_ fits: (StepTexts.Item, StepTexts.Item) -> Bool) {
    for item in old.items where found[item.index] == nil {
      var place = item.place
      if let parent = place.parent {
        guard case .same(let index) = found[parent] else { continue }
        place.parent = index
      }
      guard let index = new.places[place], !taken.contains(index), fits(item, new.items[index]) else { continue }
      pair(item, .same(index))
    }
  }

  /// A step whose id is gone is gone, unless it is still in its place.
  private var unpaired: [StepTexts.Item] { old.items.filter { found[$0.index] == nil && $0.id == nil } }

  private var free: [StepTexts.Item] { new.items.filter { !taken.contains($0.index) } }

  private func contents(_ items: [StepTexts.Item]) -> [String: [Int]] {
    items.reduce(into: [:]) { $0[$1.content, default: []].append($1.index) }
  }
}
