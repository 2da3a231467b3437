/// The forms that a language has for numbers: Unicode CLDR, "Language Plural Rules", cardinals. A language that is not
/// listed has `one` for 1 and `other`, as English has them.
struct PluralRule: Sendable {
  enum Category: String, CaseIterable {
    case zero, one, two, few, many, other
  }

  private let rule: @Sendable (PluralOperands) -> Category

  init(language: some StringProtocol) { rule = Self.rule(String(language)) }

  func category(of number: PluralOperands) -> Category { rule(number) }

  /// Those that whole numbers take in this language: what a template should have a text for.
  var categoriesOfWholeNumbers: [Category] {
    let seen = Set((0...200).compactMap { PluralOperands(String($0)) }.map(category))
    return Category.allCases.filter(seen.contains)
  }

  private static func rule(_ language: String) -> @Sendable (PluralOperands) -> Category {
    switch language {
    case "ja", "zh", "ko", "vi", "th", "id", "ms", "lo", "my", "jv", "yue": { _ in .other }
    case "ru", "uk": { russian($0) }
    case "be": { belarusian($0) }
    case "pl": { polish($0) }
    case "cs", "sk": { czech($0) }
    case "sr", "hr", "bs", "sh": { serbian($0) }
    case "sl": { slovene($0) }
    case "lt": { lithuanian($0) }
    case "lv": { latvian($0) }
    case "ro", "mo": { romanian($0) }
    case "mk": { macedonian($0) }
    case "ar": { arabic($0) }
    case "he", "iw": { hebrew($0) }
    case "is": { icelandic($0) }
    case "da": { $0.n == 1 || $0.t != 0 && $0.i <= 1 ? .one : .other }
    case "fr": { $0.i <= 1 ? .one : $0.isWholeMillions ? .many : .other }
    case "pt": { $0.i <= 1 ? .one : $0.isWholeMillions ? .many : .other }
    case "es": { $0.n == 1 ? .one : $0.isWholeMillions ? .many : .other }
    case "it", "ca": { $0.i == 1 && $0.v == 0 ? .one : $0.isWholeMillions ? .many : .other }
    case "hy": { $0.i <= 1 ? .one : .other }
    case "hi", "bn", "fa", "gu", "kn", "am", "as", "zu": { $0.i == 0 || $0.n == 1 ? .one : .other }
    case "af", "az", "bg", "el", "eo", "eu", "fo", "hu", "ka", "kk", "ku", "ky", "ml", "mn", "mr", "nb", "ne", "nn",
      "no", "sq", "ta", "te", "tk", "tr", "ug", "uz":
      { $0.n == 1 ? .one : .other }
    default: { $0.i == 1 && $0.v == 0 ? .one : .other }
    }
  }

  private static func russian(_ n: PluralOperands) -> Category {
    guard n.v == 0 else { return .other }
    let (ten, hundred) = (n.i % 10, n.i % 100)
    if ten == 1, hundred != 11 { return .one }
    return (2...4).contains(ten) && !(12...14).contains(hundred) ? .few : .many
  }

  private static func belarusian(_ n: PluralOperands) -> Category {
    guard let whole = n.n else { return .other }
    if whole % 10 == 1, whole % 100 != 11 { return .one }
    return (2...4).contains(whole % 10) && !(12...14).contains(whole % 100) ? .few : .many
  }

  private static func polish(_ n: PluralOperands) -> Category {
    guard n.v == 0 else { return .other }
    if n.i == 1 { return .one }
    return (2...4).contains(n.i % 10) && !(12...14).contains(n.i % 100) ? .few : .many
  }

  private static func czech(_ n: PluralOperands) -> Category {
    guard n.v == 0 else { return .many }
    return n.i == 1 ? .one : (2...4).contains(n.i) ? .few : .other
  }

  private static func serbian(_ n: PluralOperands) -> Category {
    for part in n.v == 0 ? [n.i, n.f] : [n.f] {
      if part % 10 == 1, part % 100 != 11 { return .one }
      if (2...4).contains(part % 10), !(12...14).contains(part % 100) { return .few }
    }
    return .other
  }

  private static func slovene(_ n: PluralOperands) -> Category {
    guard n.v == 0 else { return .few }
    return switch n.i % 100 {
    case 1: .one
    case 2: .two
    case 3, 4: .few
    default: .other
    }
  }

  private static func lithuanian(_ n: PluralOperands) -> Category {
    guard n.f == 0, let whole = n.n else { return .many }
    guard !(11...19).contains(whole % 100) else { return .other }
    return whole % 10 == 1 ? .one : whole % 10 >= 2 ? .few : .other
  }

  private static func latvian(_ n: PluralOperands) -> Category {
    let fraction = n.v == 2 ? n.f : 0
    if let whole = n.n, whole % 10 == 0 || (11...19).contains(whole % 100) { return .zero }
    if (11...19).contains(fraction % 100) { return .zero }
    if let whole = n.n, whole % 10 == 1, whole % 100 != 11 { return .one }
    if n.v == 2 { return n.f % 10 == 1 && n.f % 100 != 11 ? .one : .other }
    return n.f % 10 == 1 ? .one : .other
  }

  private static func romanian(_ n: PluralOperands) -> Category {
    if n.i == 1, n.v == 0 { return .one }
    guard n.v == 0 else { return .few }
    return n.i == 0 || (1...19).contains(n.i % 100) ? .few : .other
  }

  private static func macedonian(_ n: PluralOperands) -> Category {
    for part in n.v == 0 ? [n.i, n.f] : [n.f] where part % 10 == 1 && part % 100 != 11 { return .one }
    return .other
  }

  private static func arabic(_ n: PluralOperands) -> Category {
    guard let whole = n.n else { return .other }
    switch whole {
    case 0: return .zero
    case 1: return .one
    case 2: return .two
    default: return (3...10).contains(whole % 100) ? .few : (11...99).contains(whole % 100) ? .many : .other
    }
  }

  private static func hebrew(_ n: PluralOperands) -> Category {
    if n.v == 0 { return n.i == 1 ? .one : n.i == 2 ? .two : .other }
    return n.i == 0 ? .one : .other
  }

  private static func icelandic(_ n: PluralOperands) -> Category {
    let part = n.t == 0 ? n.i : n.t
    return part % 10 == 1 && part % 100 != 11 ? .one : .other
  }
}
