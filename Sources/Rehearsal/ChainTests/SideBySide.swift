/// Two timelines laid beside each other.
struct SideBySide {
  /// What stands in one line: both sides where they agree, or differ in time alone.
  struct Row: Sendable, Hashable {
    let expected: TestMessage?
    let actual: TestMessage?

    var differs: Bool { expected != actual }
  }

  /// In the order of time. What differs in its moment alone shares a row.
  static func rows(expected: [TestMessage], actual: [TestMessage]) -> [Row] {
    var left = expected.sorted()[...]
    var right = actual.sorted()[...]
    var rows: [Row] = []
    var open: (expected: [TestMessage], actual: [TestMessage]) = ([], [])
    while left.first != nil || right.first != nil {
      guard let a = left.first else {
        open.actual.append(right.removeFirst())
        continue
      }
      guard let b = right.first else {
        open.expected.append(left.removeFirst())
        continue
      }
      if a == b {
        rows += paired(open)
        open = ([], [])
        rows.append(Row(expected: left.removeFirst(), actual: right.removeFirst()))
      } else if a < b {
        open.expected.append(left.removeFirst())
      } else {
        open.actual.append(right.removeFirst())
      }
    }
    return rows + paired(open)
  }

  private static func paired(_ open: (expected: [TestMessage], actual: [TestMessage])) -> [Row] {
    var actual = open.actual
    var rows = open.expected.map { expected -> Row in
      let same = actual.firstIndex {
        $0.contact == expected.contact && $0.channel == expected.channel && $0.template == expected.template
      }
      return Row(expected: expected, actual: same.map { actual.remove(at: $0) })
    }
    rows += actual.map { Row(expected: nil, actual: $0) }
    return rows.sorted { a, b in
      guard let a = a.expected ?? a.actual, let b = b.expected ?? b.actual else { return false }
      return a < b
    }
  }
}
