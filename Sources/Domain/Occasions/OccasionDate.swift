/// A date as an attribute of a contact says it: `2026-03-08`, a moment (RFC 3339), or without a year `--03-08`, `03-08`.
public struct OccasionDate: Sendable, Hashable {
  public let year: Int?
  public let month: Int
  public let day: Int

  /// Nil for everything else, days that no year has among them.
  /// - Parameter zone: whose day a moment is taken for.
  public init?(_ text: String, in zone: Zone) {
    if let date = CivilDate(text, in: zone) {
      (year, month, day) = (date.year, date.month, date.day)
      return
    }
    var reader = DigitReader(text.utf8)
    if reader.take("-"), !reader.take("-") { return nil }
    // Of a leap year, which has every day.
    guard let month = reader.number(2), reader.take("-"), let day = reader.number(2), reader.atEnd,
      CivilDate(year: 2000, month: month, day: day) != nil
    else { return nil }
    (year, self.month, self.day) = (nil, month, day)
  }

  /// 29 February is the 28th in a year that has none.
  public func date(in year: Int) -> CivilDate? {
    CivilDate(year: year, month: month, day: min(day, CivilDate.days(inMonth: month, of: year)))
  }
}
