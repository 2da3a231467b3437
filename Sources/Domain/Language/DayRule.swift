/// A rule for days: `"mon"`, `"1st mon"`, `"last fri"`, `"15"`.
public enum DayRule: Sendable, Hashable {
  /// Monday is 1.
  case weekday(Int)
  case nth(Int, weekday: Int)
  case last(weekday: Int)
  case dayOfMonth(Int)

  static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
  static let ordinals = ["1st", "2nd", "3rd", "4th", "5th"]
  static let hint = "\"mon\" … \"sun\", \"1st mon\", \"last fri\" or a day of the month, \"15\""

  public init?(_ text: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    if words.count == 1, let weekday = Self.names.firstIndex(of: words[0]) {
      self = .weekday(weekday + 1)
    } else if words.count == 1, words[0].first?.isNumber == true, let day = Int(words[0]), (1...31).contains(day) {
      self = .dayOfMonth(day)
    } else if words.count == 2, let weekday = Self.names.firstIndex(of: words[1]) {
      if words[0] == "last" {
        self = .last(weekday: weekday + 1)
      } else if let ordinal = Self.ordinals.firstIndex(of: words[0]) {
        self = .nth(ordinal + 1, weekday: weekday + 1)
      } else {
        return nil
      }
    } else {
      return nil
    }
  }

  /// `monday` is `mon`.
  static func meant(by text: String) -> String? {
    names.first { text.lowercased().hasPrefix($0) } ?? nearest(to: text, among: names)
  }

  public func fits(_ date: CivilDate) -> Bool {
    switch self {
    case .weekday(let weekday): date.weekday == weekday
    case .nth(let nth, let weekday): date.weekday == weekday && (date.day - 1) / 7 + 1 == nth
    case .last(let weekday): date.weekday == weekday && date.isLastWeekOfMonth
    case .dayOfMonth(let day): date.day == day
    }
  }
}
