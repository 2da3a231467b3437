import JSON

/// A number as the plural rules see it: by its written digits, `1.0` is not `1` (UTS #35, part 3, "Operands").
struct PluralOperands: Sendable {
  /// The whole part, without its sign.
  let i: Int
  /// How many digits stand behind the point, those digits as a number, and the same without zeros at the end.
  let v: Int
  let f: Int
  let t: Int

  /// The number itself where it is whole.
  var n: Int? { t == 0 ? i : nil }

  var isWholeMillions: Bool { i != 0 && i % 1_000_000 == 0 && v == 0 }

  /// Rules look at the last six digits at most.
  private static let digitsKept = 15

  /// Nil unless a JSON number; one with an exponent must be whole.
  init?(_ text: String) {
    guard let number = JSONNumber(text: text) else { return nil }
    var digits = Substring(text.contains { $0 == "e" || $0 == "E" } ? number.int.map { String($0) } ?? "" : text)
    if digits.first == "-" { digits = digits.dropFirst() }
    guard !digits.isEmpty else { return nil }
    let parts = digits.split(separator: ".")
    let fraction = parts.count == 2 ? parts[1] : ""
    guard let whole = Self.number(parts[0]), let f = Self.number(fraction),
      let t = Self.number(Self.withoutZeros(fraction))
    else { return nil }
    (i, v, self.f, self.t) = (whole, fraction.count, f, t)
  }

  /// Of a longer one the last digits, and one before them, so that it is never taken for a small number.
  private static func number(_ digits: Substring) -> Int? {
    digits.isEmpty ? 0 : Int((digits.count > digitsKept ? "1" : "") + digits.suffix(digitsKept))
  }

  private static func withoutZeros(_ digits: Substring) -> Substring {
    var digits = digits
    while digits.last == "0" { digits = digits.dropLast() }
    return digits
  }
}
