import JSON

/// Whether a contact buys at full price.
///
/// A purchase is at a discount when it names a `coupon`, its `discount` is more than 0, or its `total` is less than what
/// its `items` cost together (`price` × `quantity`, 1 where none is said).
public enum Discount {
  /// The share of purchases at a discount, 0 through 1; nil where there are none.
  public static func share(of purchases: [EventFact]) -> Double? {
    guard !purchases.isEmpty else { return nil }
    return Double(purchases.count { isDiscounted($0.properties) }) / Double(purchases.count)
  }

  static func isDiscounted(_ purchase: JSONValue) -> Bool {
    if let coupon = purchase["coupon"], coupon.string != "", !coupon.isNothing { return true }
    if let discount = purchase["discount"]?.numeric, discount > 0 { return true }
    guard let total = purchase["total"]?.numeric, case .array(let items)? = purchase["items"] else { return false }
    var full = Amount.zero
    for item in items {
      guard let price = item["price"]?.numeric else { return false }
      full = full + Amount(price) * (item["quantity"]?.numeric ?? 1)
    }
    return Amount(total) < full
  }
}

extension JSONValue {
  fileprivate var isNothing: Bool { self == .null || self == .bool(false) }
}

extension Amount {
  /// Quantities are whole as a rule; of others the nearest ten-thousandth counts.
  static func * (price: Amount, quantity: JSONNumber) -> Amount {
    if let whole = quantity.int {
      let (product, overflow) = price.tenThousandths.multipliedReportingOverflow(by: whole)
      return Amount(tenThousandths: overflow ? largest : product)
    }
    let product = (Double(price.tenThousandths) * quantity.double).rounded()
    return Amount(tenThousandths: Int64(exactly: product) ?? largest)
  }
}
