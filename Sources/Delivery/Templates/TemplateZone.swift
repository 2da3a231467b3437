import Domain
import Foundation

/// Puts the moments of a template's values on the reader's clock.
struct TemplateZone: Sendable {
  let zone: Zone

  /// What a clock in the zone shows, as if it were UTC. Nil for what is no RFC 3339 moment.
  func dateTime(_ text: String) -> Date? {
    guard let moment = Timestamp(rfc3339: text) else { return nil }
    let local = zone.local(moment)
    return Self.date(local.date, milliseconds: local.millisecondOfDay)
  }

  /// The same, and a day without a time is that day everywhere.
  func date(_ text: String) -> Date? { Self.day(text).map { Self.date($0, milliseconds: 0) } ?? dateTime(text) }

  private static func day(_ text: String) -> CivilDate? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [4, 2, 2], text.utf8.allSatisfy({ $0.isASCIIDigit || $0 == UInt8(ascii: "-") }),
      let year = Int(parts[0]), year >= 1, let month = Int(parts[1]), let day = Int(parts[2])
    else { return nil }
    return CivilDate(year: year, month: month, day: day)
  }

  private static func date(_ day: CivilDate, milliseconds: Int64) -> Date {
    Date(timeIntervalSince1970: Double(day.daysSince1970 * 86_400) + Double(milliseconds) / 1000)
  }
}
