/// When a trigger by time lets a contact in.
public struct TimedOccasion: Sendable, Hashable {
  /// Which one it is: each comes once. Later ones have higher numbers.
  public let number: Int64
  public let at: Timestamp

  public init(number: Int64, at: Timestamp) { (self.number, self.at) = (number, at) }
}

extension DateTrigger {
  /// No date is further from the days it is for than this many years: longer offsets do not parse.
  private static let yearsAround = Span.maxYears + 2

  /// The first occasion from `moment` on whose number is above `done`. An occasion's number is its year, whatever the
  /// offset, so that it comes once a year; that of a one-off its day, `20260308`.
  public func next(
    _ date: OccasionDate, in zone: Zone, from moment: Timestamp, after done: Int64?
  ) -> TimedOccasion? {
    if once {
      guard let number = Self.number(of: date), number > done ?? .min else { return nil }
      return self.moment(of: number, date, in: zone).flatMap {
        $0 < moment ? nil : TimedOccasion(number: number, at: $0)
      }
    }
    let thisYear = zone.local(moment).date.year
    let back = offset.isBefore ? 1 : Int(offset.span.approximateMilliseconds / (365 * LocalTime.millisecondsPerDay)) + 1
    let first = max(thisYear - back, Int(done ?? .min / 2) + 1, date.year ?? .min)
    for year in first...max(first, thisYear + Self.yearsAround) {
      guard let at = self.moment(of: Int64(year), date, in: zone) else { continue }
      if at >= moment { return TimedOccasion(number: Int64(year), at: at) }
    }
    return nil
  }

  /// When the occasion of that number is now; nil when the date has none of that number.
  public func moment(of number: Int64, _ date: OccasionDate, in zone: Zone) -> Timestamp? {
    day(of: number, date).map { offset.moment(from: $0, at: at, in: zone) }
  }

  /// The day that the occasion is for, which the offset counts from.
  public func day(of number: Int64, _ date: OccasionDate) -> CivilDate? {
    if once { return Self.number(of: date) == number ? date.year.flatMap(date.date) : nil }
    guard (1...9999).contains(number), number >= date.year ?? 0 else { return nil }
    return date.date(in: Int(number))
  }

  private static func number(of date: OccasionDate) -> Int64? {
    date.year.flatMap(date.date)?.number
  }
}

extension CivilDate {
  /// `20260308`
  var number: Int64 { Int64((year * 100 + month) * 100 + day) }

  init?(number: Int64) {
    let (year, rest) = number.quotientAndRemainder(dividingBy: 10_000)
    guard let year = Int(exactly: year) else { return nil }
    self.init(year: year, month: Int(rest / 100), day: Int(rest % 100))
  }
}
