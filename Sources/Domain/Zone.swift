import Foundation

/// A time zone of the IANA database, as Foundation holds it, with the two conversions that calendars here are made of.
public struct Zone: Sendable, Hashable {
  private let zone: TimeZone
  /// As it was given: Foundation calls UTC "GMT".
  public let identifier: String

  /// Nil for a name the database does not know. Offsets (`GMT+3`), which Foundation would take, are no zones: they know
  /// no change of clocks.
  public init?(_ identifier: String) {
    guard identifier.utf8.count <= 64,
      !identifier.contains(where: { $0 == "+" || $0 == ":" }) || identifier.hasPrefix("Etc/"),
      !identifier.hasPrefix("GMT-"), let zone = TimeZone(identifier: identifier)
    else { return nil }
    (self.zone, self.identifier) = (zone, identifier)
  }

  public static let utc = Zone(TimeZone(secondsFromGMT: 0) ?? .current, "UTC")

  private init(_ zone: TimeZone, _ identifier: String) { (self.zone, self.identifier) = (zone, identifier) }

  public func local(_ moment: Timestamp) -> LocalTime {
    let shifted = moment + offset(at: moment)
    let (days, time) = shifted.milliseconds.floorDivided(by: LocalTime.millisecondsPerDay)
    return LocalTime(date: CivilDate(daysSince1970: days), millisecondOfDay: time)
  }

  /// The moment at which clocks here show `local`. A time that exists twice means the first; one that does not exist
  /// means the first moment after the gap.
  public func moment(of local: LocalTime) -> Timestamp {
    let asIfUTC = Timestamp(
      milliseconds: local.date.daysSince1970 * LocalTime.millisecondsPerDay + local.millisecondOfDay)
    // No zone is further than a day from UTC or changes twice within two days.
    let before = offset(at: asIfUTC + -LocalTime.millisecondsPerDay)
    let after = offset(at: asIfUTC + LocalTime.millisecondsPerDay)
    for candidate in [asIfUTC + -max(before, after), asIfUTC + -min(before, after)]
    where candidate + offset(at: candidate) == asIfUTC {
      return candidate
    }
    return transition(between: asIfUTC + -max(before, after), and: asIfUTC + -min(before, after))
  }

  /// When the clocks are changed between the two, which are at most two days apart; nil: they are not.
  func change(after low: Timestamp, before high: Timestamp) -> Timestamp? {
    offset(at: low) == offset(at: high) ? nil : transition(between: low, and: high)
  }

  /// The first millisecond with the offset that holds at `high`; bisection, since offsets change once between the two.
  private func transition(between low: Timestamp, and high: Timestamp) -> Timestamp {
    let target = offset(at: high)
    var (low, high) = (low.milliseconds, high.milliseconds)
    while low < high {
      let middle = low + (high - low) / 2
      if offset(at: Timestamp(milliseconds: middle)) == target { high = middle } else { low = middle + 1 }
    }
    return Timestamp(milliseconds: high)
  }

  /// Milliseconds east of UTC.
  private func offset(at moment: Timestamp) -> Int64 {
    Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000))) * 1000
  }
}

/// What a calendar and a clock on the wall show.
public struct LocalTime: Sendable, Hashable, Comparable {
  public static let millisecondsPerDay: Int64 = 86_400_000
  public var date: CivilDate
  /// 0 ..< 86,400,000.
  public var millisecondOfDay: Int64

  public init(date: CivilDate, millisecondOfDay: Int64) {
    (self.date, self.millisecondOfDay) = (date, millisecondOfDay)
  }

  /// `2026-03-08T10:00`
  public init?(text: String) {
    var reader = DigitReader(text.utf8)
    guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
      let day = reader.number(2), reader.take("T"), let hour = reader.number(2), reader.take(":"),
      let minute = reader.number(2), reader.atEnd, hour < 24, minute < 60,
      let date = CivilDate(year: year, month: month, day: day)
    else { return nil }
    self.init(date: date, millisecondOfDay: Int64(hour * 60 + minute) * 60_000)
  }

  /// `2026-03-08T10:00`
  public var text: String { date.text + "T" + ClockTime(minute: minuteOfDay).text }

  public var minuteOfDay: Int { Int(millisecondOfDay / 60_000) }
  public var hour: Int { Int(millisecondOfDay / 3_600_000) }

  public static func < (a: LocalTime, b: LocalTime) -> Bool {
    (a.date, a.millisecondOfDay) < (b.date, b.millisecondOfDay)
  }
}
