/// The shortest of several lengths of time, whatever the calendar and its clocks make of months and days: of lengths that
/// may turn out either way, all.
struct Shortest {
  private var spans = [Span()]

  init() {}

  /// Nil of none.
  init?(of all: [Shortest]) {
    guard !all.isEmpty else { return nil }
    spans = []
    for span in all.flatMap(\.spans) where !spans.contains(where: { span.isSurely(atLeast: $0) }) {
      spans = spans.filter { !$0.isSurely(atLeast: span) } + [span]
    }
    guard spans.count > Self.most else { return }
    spans = [
      Span(
        months: spans.map(\.months).min() ?? 0, days: spans.map(\.days).min() ?? 0,
        milliseconds: spans.map(\.milliseconds).min() ?? 0)
    ]
  }

  /// More side by side are taken together, which is shorter than any.
  private static let most = 16

  static func + (shortest: Shortest, span: Span) -> Shortest {
    var sum = shortest
    sum.spans = shortest.spans.map { $0 + span }
    return sum
  }

  /// The least of it, for people.
  var text: String { (spans.min { $0.approximateMilliseconds < $1.approximateMilliseconds } ?? Span()).text }

  func isSurely(atLeast span: Span) -> Bool { spans.allSatisfy { $0.isSurely(atLeast: span) } }

  /// It ends `span` after it began, if that is later.
  func upTo(_ span: Span) -> Shortest {
    var longer = self
    longer.spans = spans.map { span.isSurely(atLeast: $0) ? span : $0 }
    return longer
  }
}

extension Span {
  /// Whether it ends no earlier than another that begins with it. A month has 28 days or more, a day 23 to 25 hours.
  fileprivate func isSurely(atLeast other: Span) -> Bool {
    let hour: Int64 = 3_600_000
    var (days, otherDays) = (Int64(self.days), Int64(other.days))
    if months >= other.months { days += 28 * Int64(months - other.months) }
    if other.months > months { otherDays += 31 * Int64(other.months - months) }
    let left = days - otherDays
    return milliseconds + left * (left > 0 ? 23 : 25) * hour >= other.milliseconds
  }
}
