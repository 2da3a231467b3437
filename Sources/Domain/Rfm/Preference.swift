public import JSON

/// What a contact buys most: the category and the brand with the largest quantity over his purchases, of equal ones that
/// of the latest purchase. Items without a quantity count once; what is not in `items` is looked for in the purchase
/// itself.
public struct Preference: Sendable, Equatable {
  /// `{"category": …, "brand": …}`, without what no purchase says.
  public let json: JSONValue

  static let names = ["category", "brand"]

  /// - Parameter purchases: the newest first.
  public init(of purchases: [EventFact]) {
    var object: JSONObject = [:]
    for name in Self.names { object[name] = Self.most(name, purchases).map { .string($0) } }
    json = .object(object)
  }

  private static func most(_ name: String, _ purchases: [EventFact]) -> String? {
    var quantities: [String: Double] = [:]
    var order: [String] = []
    func add(_ item: JSONValue) {
      guard let value = item[name]?.string, !value.isEmpty else { return }
      if quantities[value] == nil { order.append(value) }
      let quantity = item["quantity"]?.numeric?.double ?? 1
      quantities[value, default: 0] += quantity.isFinite ? max(0, quantity) : 0
    }
    for purchase in purchases {
      if case .array(let items)? = purchase.properties["items"] {
        for item in items { add(item) }
      } else {
        add(purchase.properties)
      }
    }
    var best: String?
    for value in order where quantities[value] ?? 0 > best.map({ quantities[$0] ?? 0 }) ?? 0 { best = value }
    return best
  }
}
