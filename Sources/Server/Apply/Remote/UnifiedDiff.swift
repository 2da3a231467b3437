/// Two texts line by line, as `diff -u` shows what is between them.
struct UnifiedDiff {
  private enum Line {
    case same(String), removed(String), added(String)

    var isSame: Bool { if case .same = self { true } else { false } }
  }

  private static let context = 3

  /// With `---`, `+++` and `@@`; empty where the texts are the same.
  let lines: [String]

  /// - Parameters:
  ///   - old: nil: there is none.
  ///   - names: of both, for the head.
  init(_ old: String?, _ new: String, names: (old: String, new: String)) {
    let (old, new) = (Self.split(old ?? ""), Self.split(new))
    let body = Self.hunks(Self.merge(old, new))
    lines = body.isEmpty ? [] : ["--- \(names.old)", "+++ \(names.new)"] + body
  }

  private static func split(_ text: String) -> [String] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  private static func merge(_ old: [String], _ new: [String]) -> [Line] {
    let difference = new.difference(from: old)
    func offset(_ change: CollectionDifference<String>.Change) -> Int {
      switch change {
      case .remove(let offset, _, _), .insert(let offset, _, _): offset
      }
    }
    let removed = Set(difference.removals.map(offset))
    let added = Set(difference.insertions.map(offset))
    var (lines, at, to) = ([Line](), 0, 0)
    while at < old.count || to < new.count {
      if removed.contains(at) {
        lines.append(.removed(old[at]))
        at += 1
      } else if added.contains(to) {
        lines.append(.added(new[to]))
        to += 1
      } else {
        lines.append(.same(old[at]))
        (at, to) = (at + 1, to + 1)
      }
    }
    return lines
  }

  private static func hunks(_ lines: [Line]) -> [String] {
    let changed = lines.indices.filter { !lines[$0].isSame }
    guard let first = changed.first else { return [] }
    var ranges = [max(0, first - context)...min(lines.count - 1, first + context)]
    for index in changed.dropFirst() {
      let range = max(0, index - context)...min(lines.count - 1, index + context)
      if let last = ranges.last, range.lowerBound <= last.upperBound + 1 {
        ranges[ranges.count - 1] = last.lowerBound...range.upperBound
      } else {
        ranges.append(range)
      }
    }
    return ranges.flatMap { [head(lines, $0)] + lines[$0].map(text) }
  }

  /// `@@ -4,7 +4,8 @@`
  private static func head(_ lines: [Line], _ range: ClosedRange<Int>) -> String {
    func place(_ isOn: (Line) -> Bool) -> String {
      let before = lines[..<range.lowerBound].count(where: isOn)
      let count = lines[range].count(where: isOn)
      let start = count == 0 ? before : before + 1
      return count == 1 ? "\(start)" : "\(start),\(count)"
    }
    let old = place { if case .added = $0 { false } else { true } }
    let new = place { if case .removed = $0 { false } else { true } }
    return "@@ -\(old) +\(new) @@"
  }

  private static func text(_ line: Line) -> String {
    switch line {
    case .same(let text): " " + text
    case .removed(let text): "-" + text
    case .added(let text): "+" + text
    }
  }

  /// For a terminal; whatever steers one is taken out of the texts.
  func shown(coloured: Bool) -> [String] {
    lines.enumerated().map { index, line in
      let plain = line.printable
      guard coloured else { return plain }
      let colour =
        switch (index, line.first) {
        case (0...1, _): "1"
        case (_, "@"): "36"
        case (_, "-"): "31"
        case (_, "+"): "32"
        default: ""
        }
      return colour.isEmpty ? plain : "\u{1B}[\(colour)m\(plain)\u{1B}[0m"
    }
  }
}
