import Foundation
import Synchronization

/// How one language writes numbers, money, dates and plurals, with the formatters made once. Numbers stay decimal.
final class LocaleFormats: Sendable {
  let plural: PluralRule
  private let locale: Locale
  private let wholeMoney: Decimal.FormatStyle.Currency
  private let money: Decimal.FormatStyle.Currency
  private let longDate: Date.FormatStyle
  private let shortTime: Date.FormatStyle
  private let both: Date.FormatStyle

  init(locale: String, currency: String) {
    self.locale = Locale(identifier: locale)
    plural = PluralRule(language: TemplateLocale.language(locale.lowercased()))
    money = Decimal.FormatStyle.Currency(code: currency, locale: self.locale)
    wholeMoney = money.precision(.fractionLength(0))
    longDate = Self.style(date: .long, time: .omitted, self.locale)
    shortTime = Self.style(date: .omitted, time: .shortened, self.locale)
    both = Self.style(date: .long, time: .shortened, self.locale)
  }

  /// In UTC: what is formatted is a clock's reading, moved there as if it were UTC.
  private static func style(
    date: Date.FormatStyle.DateStyle, time: Date.FormatStyle.TimeStyle, _ locale: Locale
  ) -> Date.FormatStyle {
    Date.FormatStyle(date: date, time: time, locale: locale, calendar: .init(identifier: .gregorian), timeZone: .gmt)
  }

  private static let maxKept = 64
  private static let kept = Mutex<[[String]: LocaleFormats]>([:])

  /// Contacts bring their locales, so only so many are kept.
  static func of(locale: String, currency: String) -> LocaleFormats {
    let key = [locale, currency]
    if let formats = kept.withLock({ $0[key] }) { return formats }
    let made = LocaleFormats(locale: locale, currency: currency)
    kept.withLock { kept in
      if kept.count >= maxKept { kept.removeAll() }
      kept[key] = made
    }
    return made
  }

  /// Whole amounts without a fraction: `4 000 ₽`, `4 000,50 ₽`. Nil for what is no number, or too long for an exact
  /// one.
  func money(_ text: String) -> String? {
    if let known = prices.withLock({ $0[text] }) { return known }
    guard let amount = Self.decimal(text) else { return nil }
    let price = (amount.isInteger ? wholeMoney : money).format(amount)
    prices.withLock { prices in
      if prices.count >= Self.maxPrices { prices.removeAll(keepingCapacity: true) }
      prices[text] = price
    }
    return price
  }

  /// Prices come again and again, and formatting one takes as long as twenty tags.
  private let prices = Mutex<[String: String]>([:])
  private static let maxPrices = 2000

  /// With as many digits behind the point as it came with.
  func number(_ text: String) -> String? {
    guard let number = Self.decimal(text) else { return nil }
    let digits = text.contains { $0 == "e" || $0 == "E" } ? nil : text.split(separator: ".").dropFirst().first?.count
    let style = Decimal.FormatStyle(locale: locale)
    return (digits.map { style.precision(.fractionLength($0)) } ?? style).format(number)
  }

  func date(_ text: String, _ zone: TemplateZone) -> String? {
    zone.date(text).map { longDate.format($0) }
  }

  func time(_ text: String, _ zone: TemplateZone) -> String? {
    zone.dateTime(text).map { shortTime.format($0) }
  }

  func dateTime(_ text: String, _ zone: TemplateZone) -> String? {
    zone.dateTime(text).map { both.format($0) }
  }

  /// Each word.
  static func capitalized(_ text: String) -> String { text.capitalized }

  /// Exact or nil. The text is a JSON number.
  private static func decimal(_ text: String) -> Decimal? {
    let digits = text.prefix { $0 != "e" && $0 != "E" }.filter(\.isNumber)
    guard digits.drop(while: { $0 == "0" }).count <= maxDigits,
      let decimal = Decimal(string: text, locale: posix), decimal.isFinite
    else { return nil }
    return decimal
  }

  /// A `Decimal` holds that many.
  private static let maxDigits = 38
  private static let posix = Locale(identifier: "en_US_POSIX")
}

extension Decimal {
  fileprivate var isInteger: Bool {
    var (value, rounded) = (self, Decimal())
    NSDecimalRound(&rounded, &value, 0, .plain)
    return rounded == self
  }
}
