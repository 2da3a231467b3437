/// A day of the proleptic Gregorian calendar, without a zone.
public struct CivilDate: Sendable, Hashable, Comparable {
  public let year: Int
  public let month: Int
  public let day: Int

  /// Nil for a day that does not exist.
  public init?(year: Int, month: Int, day: Int) {
    guard (1...12).contains(month), day >= 1, day <= Self.days(inMonth: month, of: year) else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// Years are counted from 1 March and in eras of 400 years, in which the calendar repeats
  /// (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  public init(daysSince1970 days: Int64) {
    let (era, dayOfEra) = (days + 719_468).floorDivided(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
    year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
  }

  /// `2026-03-08`, or the local day of a moment (RFC 3339).
  public init?(_ text: String, in zone: Zone) {
    if let moment = Timestamp(rfc3339: text) {
      self = zone.local(moment).date
      return
    }
    var reader = DigitReader(text.utf8)
    guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
      let day = reader.number(2), reader.atEnd
    else { return nil }
    self.init(year: year, month: month, day: day)
  }

  public var daysSince1970: Int64 {
    let shiftedYear = Int64(year) - (month <= 2 ? 1 : 0)
    let (era, yearOfEra) = shiftedYear.floorDivided(by: 400)
    let shiftedMonth = Int64(month > 2 ? month - 3 : month + 9)
    let dayOfYear = (153 * shiftedMonth + 2) / 5 + Int64(day) - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Monday is 1, Sunday 7 (ISO 8601).
  public var weekday: Int {
    Int((daysSince1970 + 3).floorDivided(by: 7).remainder) + 1
  }

  public var isLastWeekOfMonth: Bool { day + 7 > Self.days(inMonth: month, of: year) }

  /// `2026-03-02`
  public var text: String { padded(Int64(year), 4) + "-" + padded(Int64(month), 2) + "-" + padded(Int64(day), 2) }

  public func adding(days: Int) -> CivilDate { CivilDate(daysSince1970: daysSince1970 + Int64(days)) }

  /// A day the month does not have becomes its last.
  public func adding(months: Int) -> CivilDate {
    let (years, zeroBasedMonth) = Int64(year * 12 + month - 1 + months).floorDivided(by: 12)
    let month = Int(zeroBasedMonth) + 1
    let last = Self.days(inMonth: month, of: Int(years))
    return CivilDate(year: Int(years), month: month, day: min(day, last)) ?? self
  }

  public static func < (a: CivilDate, b: CivilDate) -> Bool {
    (a.year, a.month, a.day) < (b.year, b.month, b.day)
  }

  static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
