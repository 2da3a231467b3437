/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7), built once a second.
struct HTTPDate {
  private var second: Int64 = .min
  private var text: [UInt8] = []

  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// Of milliseconds since 1970.
  mutating func bytes(_ milliseconds: Int64) -> [UInt8] {
    let second = max(0, milliseconds / 1_000)
    if second != self.second {
      self.second = second
      text = Array(Self.string(second).utf8)
    }
    return text
  }

  static func string(_ second: Int64) -> String {
    let days = second / 86_400
    let (year, month, day) = civil(days)
    let time = [second / 3_600 % 24, second / 60 % 60, second % 60].map(twoDigits).joined(separator: ":")
    return "\(Self.days[Int(days % 7)]), \(twoDigits(day)) \(months[Int(month) - 1]) \(year) \(time) GMT"
  }

  private static func twoDigits(_ number: Int64) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }

  /// The proleptic Gregorian date of a day since 1970, by eras of 400 years that start on 1 March.
  private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = day + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }
}
