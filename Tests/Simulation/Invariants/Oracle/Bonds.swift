/// Who has become one with whom, and when: contacts.id that were seen merged.
struct Bonds {
  private struct Bond {
    let other: Int64
    let since: ClosedRange<Int64>
  }

  private var bonds: [Int64: [Bond]] = [:]
  private var merged: Set<Int64> = []

  func knows(_ contact: Int64) -> Bool { merged.contains(contact) }

  /// - Parameter since: of several that were seen at once nobody knows which came first.
  mutating func add(_ contact: Int64, into survivor: Int64, since: ClosedRange<Int64>) {
    merged.insert(contact)
    bonds[contact, default: []].append(Bond(other: survivor, since: since))
    bonds[survivor, default: []].append(Bond(other: contact, since: since))
  }

  /// When the two became one; nil: they are two. One is one from the start.
  func since(_ one: Int64, _ other: Int64) -> ClosedRange<Int64>? {
    if one == other { return 0...0 }
    // Bonds make trees: there is one way between two.
    var ways: [(contact: Int64, since: ClosedRange<Int64>)] = [(one, 0...0)]
    var seen: Set<Int64> = [one]
    while let way = ways.popLast() {
      for bond in bonds[way.contact] ?? [] where seen.insert(bond.other).inserted {
        let (low, high) = (way.since.lowerBound, way.since.upperBound)
        let since = max(low, bond.since.lowerBound)...max(high, bond.since.upperBound)
        if bond.other == other { return since }
        ways.append((bond.other, since))
      }
    }
    return nil
  }
}
