import JSON

/// The functions of templates. Those of swift-mustache keep their names and meanings; money, dates and plurals speak
/// the reader's language.
enum Transform: String, CaseIterable {
  /// Of a number or a decimal string, in the shop's currency: `4 000 ₽`.
  case money
  /// With the language's separators.
  case number
  /// Of an RFC 3339 moment, in the contact's zone; `date` also takes a plain `2026-03-02`.
  case date, time, datetime
  /// For sections: the forms of the language by CLDR, `{{#plural(n)}}{{#one}}…{{/one}}{{#other}}…{{/other}}{{/plural(n)}}`.
  case plural
  case lowercased, uppercased, capitalized
  /// For a value inside an address.
  case urlencoded
  /// Of a list.
  case count, first, last, reversed
  /// Of a list or a string: whether nothing is in it.
  case empty
  /// Of a whole number.
  case plusone, minusone, even, odd, equalzero

  /// Gives true or false, and so brings no names into its section.
  var isCondition: Bool {
    switch self {
    case .empty, .even, .odd, .equalzero: true
    default: false
    }
  }
}

extension Transform {
  /// Nil where it does not apply to such a value. What is absent is null: an absent list is empty and counts 0.
  func apply(_ value: JSONValue, _ locale: LocaleFormats, _ zone: TemplateZone) -> JSONValue? {
    switch self {
    case .money: value.decimalText.flatMap(locale.money).map { .string($0) }
    case .number: value.decimalText.flatMap(locale.number).map { .string($0) }
    case .date: value.string.flatMap { locale.date($0, zone) }.map { .string($0) }
    case .time: value.string.flatMap { locale.time($0, zone) }.map { .string($0) }
    case .datetime: value.string.flatMap { locale.dateTime($0, zone) }.map { .string($0) }
    case .plural:
      value.decimalText.flatMap(PluralOperands.init).map { .object([locale.plural.category(of: $0).rawValue: true]) }
    case .lowercased: value.printed.map { .string($0.lowercased()) }
    case .uppercased: value.printed.map { .string($0.uppercased()) }
    case .capitalized: value.printed.map { .string(LocaleFormats.capitalized($0)) }
    case .urlencoded: value.printed.map { .string(PercentEncoding.encoded($0)) }
    case .count: value.length.map { .number(JSONNumber($0)) }
    case .empty: value.length.map { .bool($0 == 0) }
    case .first: value.array.map { $0.first ?? .null }
    case .last: value.array.map { $0.last ?? .null }
    case .reversed: value.array.map { .array($0.reversed()) }
    case .plusone: value.number.map { .number($0 + 1) }
    case .minusone: value.number.map { .number($0 + -1) }
    case .even: value.number?.int.map { .bool($0 & 1 == 0) }
    case .odd: value.number?.int.map { .bool($0 & 1 == 1) }
    case .equalzero: value.number.map { .bool($0 == 0) }
    }
  }
}

extension JSONValue {
  /// As a tag prints it: numbers by their exact text. Nil for what cannot be printed.
  var printed: String? {
    switch self {
    case .string(let text): text
    case .number(let number): number.text
    case .bool(let bool): bool ? "true" : "false"
    case .null, .array, .object: nil
    }
  }

  /// Money comes as a number or as a decimal string.
  fileprivate var decimalText: String? {
    switch self {
    case .number(let number): number.text
    case .string(let text): JSONNumber(text: text)?.text
    case .null, .bool, .array, .object: nil
    }
  }

  fileprivate var length: Int? {
    switch self {
    case .null: 0
    case .string(let text): text.count
    case .array(let items): items.count
    case .object(let object): object.count
    case .bool, .number: nil
    }
  }
}
