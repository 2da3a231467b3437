/// A length of time as the chain language writes it: `"30m"`, `"8h"`, `"3d"`, `"2w"`, `"6mo"`, `"1y"`, `"3 days"`.
/// Seconds, minutes and hours are exact; days and longer are calendar steps in a contact's zone, so the local time of
/// day stays the same across a change of clocks.
public struct Span: Sendable, Hashable {
  public var months: Int
  public var days: Int
  public var milliseconds: Int64

  public init(months: Int = 0, days: Int = 0, milliseconds: Int64 = 0) {
    (self.months, self.days, self.milliseconds) = (months, days, milliseconds)
  }

  /// At most this long: what is longer is a slip of the pen.
  static let maxYears = 100
  private static let longest = Int64(maxYears) * 372 * LocalTime.millisecondsPerDay

  /// Nil unless `text` is a whole number, with or without a space, and a unit, and no more than a hundred years.
  public init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits), digits.utf8.count <= 13 else { return nil }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    guard let one = Self.unit(String(unit)), one.approximateMilliseconds > 0,
      Int64(number) <= Self.longest / one.approximateMilliseconds
    else { return nil }
    self.init(
      months: one.months * number, days: one.days * number, milliseconds: one.milliseconds * Int64(number))
  }

  private static func unit(_ text: String) -> Span? {
    switch text {
    case "ms": Span(milliseconds: 1)
    case "s", "second", "seconds": Span(milliseconds: 1000)
    case "m", "min", "minute", "minutes": Span(milliseconds: 60_000)
    case "h", "hour", "hours": Span(milliseconds: 3_600_000)
    case "d", "day", "days": Span(days: 1)
    case "w", "week", "weeks": Span(days: 7)
    case "mo", "month", "months": Span(months: 1)
    case "y", "year", "years": Span(months: 12)
    default: nil
    }
  }

  /// As it could be written, in one unit where it has one.
  public var text: String {
    var parts: [String] = []
    if months != 0 { parts.append(months % 12 == 0 ? "\(months / 12)y" : "\(months)mo") }
    if days != 0 { parts.append("\(days)d") }
    for (unit, length) in [("h", Int64(3_600_000)), ("m", 60_000), ("s", 1000), ("ms", 1)]
    where milliseconds != 0 && milliseconds % length == 0 {
      parts.append("\(milliseconds / length)\(unit)")
      break
    }
    return parts.isEmpty ? "0s" : parts.joined(separator: " ")
  }

  /// No calendar bends it.
  var isExact: Bool { months == 0 && days == 0 }

  public var isZero: Bool { months == 0 && days == 0 && milliseconds == 0 }

  /// Good for comparing two spans and for bounds, not for calendars: a month counts 31 days.
  public var approximateMilliseconds: Int64 {
    (Int64(months) * 31 + Int64(days)) * LocalTime.millisecondsPerDay + milliseconds
  }

  /// `moment` plus this span, on the calendar of `zone`.
  public func after(_ moment: Timestamp, in zone: Zone) -> Timestamp {
    guard !isExact else { return moment + milliseconds }
    var local = zone.local(moment)
    if months != 0 { local.date = local.date.adding(months: months) }
    if days != 0 { local.date = local.date.adding(days: days) }
    return zone.moment(of: local) + milliseconds
  }

  public static let hint =
    "a whole number and a unit: \"30m\", \"8h\", \"3d\", \"2w\", \"6mo\", \"1y\"; at most \(maxYears) years"
}
