/// The longest of several lengths of time. Months and days have no fixed length: those stay side by side of which either
/// may be the longer.
struct Longest {
  var spans = [Span()]
  /// Something on the way may last however long.
  var isOpen = false
}

extension Longest {
  /// Nil of none.
  init?(of all: [Longest]) {
    guard let first = all.first else { return nil }
    self = first
    for other in all.dropFirst() {
      isOpen = isOpen || other.isOpen
      for span in other.spans where !spans.contains(where: { $0.covers(span) }) {
        spans = spans.filter { !span.covers($0) } + [span]
      }
    }
    guard spans.count > Self.most else { return }
    spans = [
      Span(
        months: spans.map(\.months).max() ?? 0, days: spans.map(\.days).max() ?? 0,
        milliseconds: spans.map(\.milliseconds).max() ?? 0)
    ]
  }

  /// More side by side are taken together, which is longer than any.
  private static let most = 16

  var opened: Longest { Longest(spans: spans, isOpen: true) }

  static func + (longest: Longest, span: Span) -> Longest {
    Longest(spans: longest.spans.map { $0 + span }, isOpen: longest.isOpen)
  }
}

extension Span {
  static func + (a: Span, b: Span) -> Span {
    Span(months: a.months + b.months, days: a.days + b.days, milliseconds: a.milliseconds + b.milliseconds)
  }

  static func * (span: Span, times: Int) -> Span {
    Span(months: span.months * times, days: span.days * times, milliseconds: span.milliseconds * Int64(times))
  }

  /// Whether it is at least as long, whatever the calendar.
  fileprivate func covers(_ other: Span) -> Bool {
    func exact(_ span: Span) -> Int64 { Int64(span.days) * LocalTime.millisecondsPerDay + span.milliseconds }
    return months >= other.months && exact(self) >= exact(other)
  }
}
