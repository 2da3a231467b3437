/// What lets a contact into a chain.
public struct Trigger: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// An event of the shop, or of the server itself.
    case event(type: String, Match?)
    /// Only by a call, or by another chain's `enter`.
    case api
    case date(DateTrigger)
    case schedule(ScheduleTrigger)
    case segment(SegmentTrigger)
    /// The moment it becomes true for a contact.
    case when(Condition, existing: Existing?)
  }

  public var kind: Kind
  /// Whose run it is; nil: of the contact whose event it was.
  public var enroll: Enrollment?
  /// What templates may see of another person's event: its properties, or fields of who did it.
  public var share: [String]

  public init(kind: Kind, enroll: Enrollment? = nil, share: [String] = []) {
    (self.kind, self.enroll, self.share) = (kind, enroll, share)
  }

  /// The type of event it listens to.
  public var event: String? {
    switch kind {
    case .event(let type, _): type
    case .segment(let segment): segment.isLeaving ? SegmentEvent.left : SegmentEvent.entered
    case .api, .date, .schedule, .when: nil
    }
  }

  /// Those for whom it is true already come in too.
  public var existing: Existing? {
    switch kind {
    case .segment(let segment): segment.existing
    case .when(_, let existing): existing
    case .event, .api, .date, .schedule: nil
    }
  }

  /// Of whom it is true: a broadcast's `to`, and `when`.
  var condition: Condition? {
    switch kind {
    case .schedule(let schedule): schedule.to
    case .when(let condition, _): condition
    case .event, .api, .date, .segment: nil
    }
  }

  public var schedule: ScheduleTrigger? {
    if case .schedule(let schedule) = kind { return schedule }
    return nil
  }
}

/// `{"segment": "vip", "on": "leave"}`
public struct SegmentTrigger: Sendable, Hashable {
  public var id: String
  /// Not who falls into it but who falls out.
  public var isLeaving: Bool
  public var existing: Existing?
}

/// `"existing": true`, for everybody at once or at a rate.
public struct Existing: Sendable, Hashable {
  public var rate: Rate?
}

/// `"enroll": {"from": "trigger.referrer_id"}` or `{"relation": "spouse"}`
public enum Enrollment: Sendable, Hashable {
  /// The public id of a contact.
  case from(Reference)
  /// One run for each contact that stands in the relation.
  case relation(String)
}

/// `{"date": "birthday", "offset": "-3d", "at": "10:00"}`: once a year, or once.
public struct DateTrigger: Sendable, Hashable {
  /// Into the contact.
  public var path: PropertyPath
  public var offset: Offset
  public var at: ClockTime
  public var once: Bool

  /// All that its moments are worked out from, as text.
  public var rule: String { "\(path.text) \(offset.isBefore ? "-" : "")\(offset.span.text) \(at.text)" }
}

/// A span before or after something, `"-3d"`.
public struct Offset: Sendable, Hashable {
  public var span: Span
  public var isBefore: Bool

  public init(span: Span, isBefore: Bool) { (self.span, self.isBefore) = (span, isBefore) }

  /// Nil unless `text` is a duration, with or without a minus.
  public init?(_ text: String) {
    isBefore = text.hasPrefix("-")
    guard let span = Span(isBefore ? String(text.dropFirst()) : text) else { return nil }
    self.span = span
  }

  /// `date` at `clock` moved by the offset, on the calendar of `zone`.
  public func moment(from date: CivilDate, at clock: ClockTime, in zone: Zone) -> Timestamp {
    let time = Int64(clock.minute) * 60_000
    guard isBefore else {
      return span.after(zone.moment(of: LocalTime(date: date, millisecondOfDay: time)), in: zone)
    }
    let back = date.adding(months: -span.months).adding(days: -span.days)
    return zone.moment(of: LocalTime(date: back, millisecondOfDay: time)) + -span.milliseconds
  }
}

/// `{"schedule": "2026-03-08T10:00", "to": …}` or `{"every": "mon 10:00", "to": …}`: in each contact's local time.
public struct ScheduleTrigger: Sendable, Hashable {
  public enum Times: Sendable, Hashable {
    case once(LocalTime)
    /// Each with the days it is for; none means every day.
    case every([Recurrence])
  }

  public var times: Times
  /// Who gets it, asked at that moment.
  public var to: Condition
  public var rate: Rate?
}

/// `"mon 10:00"`, `"1st mon 10:00"`, `"15 09:30"`, `"day 10:00"`
public struct Recurrence: Sendable, Hashable {
  /// Nil: every day.
  public var day: DayRule?
  public var at: ClockTime

  public static let hint = "a day and a clock time: \"mon 10:00\", \"1st mon 10:00\", \"15 09:30\" or \"day 10:00\""

  init(day: DayRule?, at: ClockTime) { (self.day, self.at) = (day, at) }

  /// As it could be written.
  public var text: String { "\(day?.text ?? "day") \(at.text)" }

  public init?(_ text: String) {
    guard let space = text.lastIndex(of: " "), let at = ClockTime(String(text[text.index(after: space)...])) else {
      return nil
    }
    self.at = at
    let days = String(text[..<space])
    if days == "day" { return }
    guard let day = DayRule(days) else { return nil }
    self.day = day
  }

  public func fits(_ date: CivilDate) -> Bool { day?.fits(date) ?? true }
}

/// `"500/h"`: at most so many in a time.
public struct Rate: Sendable, Hashable {
  public var count: Int
  public var per: Span

  /// As it could be written; the same for equal rates.
  public var text: String { "\(count)/\(per.text)" }

  static let hint = "a number and a unit of time: \"500/h\", \"20/m\", \"10000/d\""
  static let largest = 1_000_000_000

  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let count = Int(parts[0]), count > 0, count <= Self.largest, parts[0].first != "+",
      parts[1].first?.isLetter == true, let per = Span("1" + parts[1]), !per.isZero
    else { return nil }
    (self.count, self.per) = (count, per)
  }

  /// How long after the first the one after `count` others may come, in milliseconds.
  public func pause(after count: Int) -> Int64 {
    let (pause, overflow) = Int64(count).multipliedReportingOverflow(by: per.approximateMilliseconds)
    return overflow ? .max / 2 : pause / Int64(self.count)
  }
}
