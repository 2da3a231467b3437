/// One time of a schedule: what every contact's own clock shows then.
public struct ScheduledTime: Sendable, Hashable {
  /// Which one it is. Later ones have higher numbers.
  public let number: Int64
  public let local: LocalTime

  /// No clock on Earth shows it before, or for the first time after.
  public var earliest: Timestamp { asIfUTC + -14 * Self.hour }
  public var latest: Timestamp { asIfUTC + 12 * Self.hour }

  private static let hour: Int64 = 3_600_000

  private var asIfUTC: Timestamp { Zone.utc.moment(of: local) }

  /// The day of the time with that number.
  public static func day(of number: Int64) -> CivilDate? { CivilDate(number: number / timesADay) }

  /// A number is that of the day, and behind it which of the day's times, or its clock time.
  fileprivate static let timesADay: Int64 = 10_000

  fileprivate init(on date: CivilDate, _ place: Int, at minute: Int) {
    number = date.number * Self.timesADay + Int64(place)
    local = LocalTime(date: date, millisecondOfDay: Int64(minute) * 60_000)
  }
}

extension ScheduleTrigger.Times {
  /// What no rule for days leaves out for longer.
  private static let longestGapDays = 400

  /// The time with that number; nil when there is none, or none any more. Of a recurrence it is the so-many-eth of the
  /// day, so that another clock time makes no second one on the same day.
  public func time(_ number: Int64) -> ScheduledTime? {
    ScheduledTime.day(of: number).flatMap { day in times(on: day).first { $0.number == number } }
  }

  /// The first time with a number above `done` on the day `date` or later.
  public func next(after done: Int64?, from date: CivilDate) -> ScheduledTime? {
    if case .once(let local) = self {
      return times(on: local.date).first { local.date >= date && $0.number > done ?? .min }
    }
    let doneDay = done.flatMap(ScheduledTime.day)
    var day = doneDay.map { max($0, date) } ?? date
    for _ in 0..<Self.longestGapDays {
      if let found = times(on: day).first(where: { $0.number > done ?? .min }) { return found }
      day = day.adding(days: 1)
    }
    return nil
  }

  private func times(on date: CivilDate) -> [ScheduledTime] {
    switch self {
    case .once(let local):
      guard local.date == date else { return [] }
      return [ScheduledTime(on: date, local.hour * 100 + local.minuteOfDay % 60, at: local.minuteOfDay)]
    case .every(let recurrences):
      let minutes = Set(recurrences.filter { $0.fits(date) }.map(\.at.minute))
      return minutes.sorted().enumerated().map { ScheduledTime(on: date, $0.offset, at: $0.element) }
    }
  }
}
