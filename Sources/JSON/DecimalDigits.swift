/// A number taken apart: `(isNegative ? -1 : 1) · digits · 10^exponent`. Digits are 0…9, most significant first, without
/// leading zeros; none at all is zero. Every operation is linear in digits and exponent, both bounded by the parser.
struct DecimalDigits: Hashable {
  private var isNegative = false
  private var digits: [UInt8] = []
  private var exponent = 0

  /// Of a text by the grammar of RFC 8259 §6.
  init(_ text: String) {
    var inFraction = false
    var inExponent = false
    var written = 0
    var isExponentNegative = false
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "-") where inExponent: isExponentNegative = true
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "."): inFraction = true
      case UInt8(ascii: "e"), UInt8(ascii: "E"): inExponent = true
      case UInt8(ascii: "0")...UInt8(ascii: "9") where inExponent:
        written = min(written * 10 + Int(byte & 0x0F), JSONLimits.maxExponent)
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if byte != UInt8(ascii: "0") || !digits.isEmpty { digits.append(byte & 0x0F) }
        if inFraction { exponent -= 1 }
      default: break
      }
    }
    exponent += isExponentNegative ? -written : written
  }

  private init(isNegative: Bool, digits: [UInt8], exponent: Int) {
    self.isNegative = isNegative
    self.digits = Array(digits.drop { $0 == 0 })
    self.exponent = exponent
  }

  /// One form for each value: no trailing zeros, one zero.
  var normalized: DecimalDigits {
    guard let last = digits.lastIndex(where: { $0 != 0 }) else {
      return DecimalDigits(isNegative: false, digits: [], exponent: 0)
    }
    return DecimalDigits(
      isNegative: isNegative, digits: Array(digits[...last]), exponent: exponent + digits.count - 1 - last)
  }

  /// Exact, or nil.
  var int: Int64? {
    let whole = normalized
    guard whole.exponent >= 0, whole.digits.count + whole.exponent <= 19 else { return nil }
    var value: Int64 = 0
    for digit in whole.digits + [UInt8](repeating: 0, count: whole.exponent) {
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (next, overflowToo) = shifted.subtractingReportingOverflow(Int64(digit))
      guard !overflow, !overflowToo else { return nil }
      value = next
    }
    return isNegative ? value : value == .min ? nil : -value
  }

  /// Times 10^`places`, rounded to the nearest whole number, halves away from zero; nil beyond `Int64`.
  func scaled(byTenTo places: Int) -> Int64? {
    var moved = normalized
    moved.exponent += places
    guard moved.exponent < 0 else { return moved.int }
    let cut = -moved.exponent
    guard cut <= moved.digits.count else { return 0 }
    let rest = moved.digits.suffix(cut)
    let whole = DecimalDigits(isNegative: false, digits: Array(moved.digits.dropLast(cut)), exponent: 0)
    guard let value = whole.int, value < .max else { return nil }
    let rounded = value + ((rest.first ?? 0) >= 5 ? 1 : 0)
    return isNegative ? -rounded : rounded
  }

  // MARK: Order

  static func < (one: DecimalDigits, other: DecimalDigits) -> Bool {
    let a = one.normalized
    let b = other.normalized
    guard a.isNegative == b.isNegative else { return a.isNegative }
    return a.isNegative ? magnitudeIsLess(b, a) : magnitudeIsLess(a, b)
  }

  /// Both normalized.
  private static func magnitudeIsLess(_ a: DecimalDigits, _ b: DecimalDigits) -> Bool {
    guard !a.digits.isEmpty, !b.digits.isEmpty else { return a.digits.isEmpty && !b.digits.isEmpty }
    let places = (a.digits.count + a.exponent, b.digits.count + b.exponent)
    return places.0 == places.1 ? a.digits.lexicographicallyPrecedes(b.digits) : places.0 < places.1
  }

  // MARK: Sum

  static func + (one: DecimalDigits, other: DecimalDigits) -> DecimalDigits {
    let exponent = min(one.exponent, other.exponent)
    let a = one.shifted(by: one.exponent - exponent)
    let b = other.shifted(by: other.exponent - exponent)
    guard one.isNegative != other.isNegative else {
      return DecimalDigits(isNegative: one.isNegative, digits: sum(a, b), exponent: exponent)
    }
    let aIsLess = a.count == b.count ? a.lexicographicallyPrecedes(b) : a.count < b.count
    let digits = aIsLess ? difference(b, a) : difference(a, b)
    let isNegative = aIsLess ? other.isNegative : one.isNegative
    return DecimalDigits(isNegative: isNegative && digits.contains { $0 != 0 }, digits: digits, exponent: exponent)
  }

  /// The digits with so many zeros behind them; zero stays without digits.
  private func shifted(by zeros: Int) -> [UInt8] {
    digits.isEmpty ? [] : digits + [UInt8](repeating: 0, count: zeros)
  }

  private static func sum(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var carry: UInt8 = 0
    for place in 1...(max(a.count, b.count) + 1) {
      let digit = (place <= a.count ? a[a.count - place] : 0) + (place <= b.count ? b[b.count - place] : 0) + carry
      result.append(digit % 10)
      carry = digit / 10
    }
    return result.reversed()
  }

  /// `a` is not less than `b`.
  private static func difference(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var borrow: UInt8 = 0
    for place in stride(from: 1, through: a.count, by: 1) {
      let minuend = a[a.count - place] + 10
      let digit = minuend - (place <= b.count ? b[b.count - place] : 0) - borrow
      result.append(digit % 10)
      borrow = digit < 10 ? 1 : 0
    }
    return result.reversed()
  }

  // MARK: Text

  /// Plain notation while at most this many zeros are needed for it, else with an exponent.
  private static let plainZeros = 40

  /// By the grammar of RFC 8259 §6.
  var text: String {
    let sign = isNegative ? "-" : ""
    guard exponent <= Self.plainZeros, exponent >= -digits.count - Self.plainZeros else {
      return digits.isEmpty ? "0" : sign + Self.string(digits[...]) + "e" + String(exponent)
    }
    guard exponent < 0 else {
      return digits.isEmpty ? "0" : sign + Self.string(digits[...]) + String(repeating: "0", count: exponent)
    }
    let padded = [UInt8](repeating: 0, count: max(0, 1 - exponent - digits.count)) + digits
    let point = padded.count + exponent
    return sign + Self.string(padded[..<point]) + "." + Self.string(padded[point...])
  }

  private static func string(_ digits: ArraySlice<UInt8>) -> String {
    String(decoding: digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
  }
}
