/// `"10%"`, `"0.5%"`.
struct Percent {
  let value: Double

  /// Nil unless `text` is a number from 0 to `most` with at most two decimals, and a sign of per cent.
  init?(_ text: String, most: Double = 100) {
    guard text.hasSuffix("%") else { return nil }
    let number = text.dropLast()
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    let isPlain = number.utf8.allSatisfy { (48...57).contains($0) || $0 == 46 }
    guard isPlain, (1...2).contains(parts.count), !parts.contains(""), parts.count == 1 || parts[1].count <= 2,
      let value = Double(number), value <= most
    else { return nil }
    self.value = value
  }

  var tenThousandths: Int { Int((value * 100).rounded()) }
}
