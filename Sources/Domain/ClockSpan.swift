/// A span of local clock time, `"09:00..21:00"`: from the first minute through the last, which is inside, so that what is
/// due at 21:00 sharp may still leave. One that ends before it begins runs over midnight.
public struct ClockSpan: Sendable, Hashable {
  /// Minutes after midnight, 0 ... 1440.
  public let from: Int
  public let to: Int

  static let minutesPerDay = 1440

  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1].isEmpty, let from = ClockTime(String(parts[0])),
      let to = ClockTime(String(parts[2]), allowing24: true), from.minute != to.minute
    else { return nil }
    self.init(from: from.minute, to: to.minute)
  }

  init(from: Int, to: Int) { (self.from, self.to) = (from, to) }

  public var text: String { ClockTime(minute: from).text + ".." + ClockTime(minute: to).text }

  public func contains(minuteOfDay minute: Int) -> Bool {
    from < to ? minute >= from && minute <= to : minute >= from || minute <= to
  }

  /// The first moment from `moment` on that lies inside.
  public func firstMoment(from moment: Timestamp, in zone: Zone) -> Timestamp {
    let local = zone.local(moment)
    if contains(minuteOfDay: local.minuteOfDay) { return moment }
    // A change of clocks may swallow the span of one day: then it is the next day's.
    let starts = (0...3).map { day in
      zone.moment(of: LocalTime(date: local.date.adding(days: day), millisecondOfDay: Int64(from) * 60_000))
    }
    return starts.first { $0 >= moment && contains(minuteOfDay: zone.local($0).minuteOfDay) } ?? moment
  }

  public static let hint = "two clock times: \"09:00..21:00\""
}

/// A clock time, `"10:00"`.
public struct ClockTime: Sendable, Hashable {
  /// Minutes after midnight.
  public let minute: Int

  init(minute: Int) { self.minute = minute }

  public init?(_ text: String, allowing24: Bool = false) {
    var reader = DigitReader(text.utf8)
    guard let hour = reader.number(2), reader.take(":"), let minute = reader.number(2), reader.atEnd,
      minute < 60, hour < 24 || (allowing24 && hour == 24 && minute == 0)
    else { return nil }
    self.minute = hour * 60 + minute
  }

  public var text: String { padded(Int64(minute / 60), 2) + ":" + padded(Int64(minute % 60), 2) }
}

/// The hours in which all of several spans allow something.
public struct AllowedHours: Sendable, Hashable {
  private let spans: [ClockSpan]

  public init(_ spans: [ClockSpan?]) { self.spans = spans.compactMap { $0 } }

  /// What all of them allow.
  init(meeting others: [AllowedHours]) {
    spans = others.flatMap(\.spans).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  public static let always = AllowedHours([])

  public func contains(_ moment: Timestamp, in zone: Zone) -> Bool {
    let minute = zone.local(moment).minuteOfDay
    return spans.allSatisfy { $0.contains(minuteOfDay: minute) }
  }

  /// Whether there is any minute of a day that all allow.
  public var everMeet: Bool {
    (0..<ClockSpan.minutesPerDay).contains { minute in spans.allSatisfy { $0.contains(minuteOfDay: minute) } }
  }

  /// The first moment from `moment` on that all allow; `moment` itself if they never meet.
  public func firstMoment(from moment: Timestamp, in zone: Zone) -> Timestamp {
    var candidate = moment
    // Each round moves to the start of some span; three days hold every combination.
    for _ in 0..<(spans.count * 3 + 1) {
      let next = spans.reduce(candidate) { max($0, $1.firstMoment(from: $0, in: zone)) }
      if next == candidate { return candidate }
      candidate = next
    }
    return contains(candidate, in: zone) ? candidate : moment
  }
}
