public import JSON

/// Money is counted in whole ten-thousandths of a unit: every currency of ISO 4217 has at most four decimals.
public enum Money {
  static let scale = 4

  /// Nil for what is no decimal number or too large; more decimals are cut.
  public static func tenThousandths(_ value: JSONValue) -> Int64? {
    let text = value.number?.text ?? value.string ?? ""
    guard let number = JSONNumber(text: text) else { return nil }
    if let whole = number.int { return checked(whole) }
    let unsigned = text.hasPrefix("-") ? text.dropFirst() : text[...]
    let parts = unsigned.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let whole = Int64(parts[0]), parts[1].allSatisfy(\.isNumber), let high = checked(whole),
      let low = Int64((parts[1] + "0000").prefix(scale))
    else { return nil }
    let amount = high.addingReportingOverflow(low)
    return amount.overflow ? nil : (text.hasPrefix("-") ? -amount.partialValue : amount.partialValue)
  }

  private static func checked(_ whole: Int64) -> Int64? {
    let (amount, overflow) = whole.multipliedReportingOverflow(by: 10_000)
    return overflow ? nil : amount
  }
}
