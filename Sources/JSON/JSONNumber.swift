/// A number as its text: exact whatever its size. Compared and added in decimal, never through a binary float.
public struct JSONNumber: Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// By the grammar of RFC 8259 §6.
  public let text: String

  public init(_ value: Int) { text = String(value) }
  public init(_ value: Int64) { text = String(value) }
  public init(integerLiteral value: Int64) { text = String(value) }

  /// Nil unless the text is a JSON number with an exponent of at most 9,999.
  public init?(text: String) {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, first == UInt8(ascii: "-") || first &- UInt8(ascii: "0") < 10 else { return nil }
    var parser = JSONScanner(maxDepth: 0)
    guard (try? parser.number(bytes.span)) != nil, parser.at == bytes.count else { return nil }
    self.text = text
  }

  /// The shortest text that reads back as this value; nil for infinities and NaN, which JSON has no words for.
  public init?(_ value: Double) {
    guard value.isFinite else { return nil }
    self.init(text: "\(value)".hasSuffix(".0") ? String("\(value)".dropLast(2)) : "\(value)")
  }

  /// What the parser has looked over already.
  init(validated text: String) { self.text = text }

  /// Exact or nil: `1.0` and `1e3` are integers, `1.5` and 2⁶³ are not.
  public var int: Int64? { Int64(text) ?? DecimalDigits(text).int }

  /// The value times 10^`places` to the nearest whole number, halves away from zero; nil beyond `Int64`.
  public func scaled(byTenTo places: Int) -> Int64? { DecimalDigits(text).scaled(byTenTo: places) }

  /// The nearest binary float; infinite beyond its range.
  public var double: Double { Double(text) ?? 0 }

  public var description: String { text }

  /// Exact. Keeps the longer fraction: `1.50 + 1` is `2.50`.
  public static func + (one: JSONNumber, other: JSONNumber) -> JSONNumber {
    if let a = Int64(one.text), let b = Int64(other.text) {
      let (sum, overflow) = a.addingReportingOverflow(b)
      if !overflow { return JSONNumber(sum) }
    }
    return JSONNumber(validated: (DecimalDigits(one.text) + DecimalDigits(other.text)).text)
  }
}

/// By value: `1`, `1.0` and `10e-1` are equal and hash alike.
extension JSONNumber: Hashable, Comparable {
  public static func == (one: JSONNumber, other: JSONNumber) -> Bool {
    one.text == other.text || DecimalDigits(one.text).normalized == DecimalDigits(other.text).normalized
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(DecimalDigits(text).normalized)
  }

  public static func < (one: JSONNumber, other: JSONNumber) -> Bool {
    if let a = Int64(one.text), let b = Int64(other.text) { return a < b }
    return DecimalDigits(one.text) < DecimalDigits(other.text)
  }
}
