import Domain
import HTTP
import JSON

/// What part of a list is asked for: `?limit=` and `?after=`.
struct Paging: Sendable {
  static let defaultLimit = 50
  static let maxLimit = 1000

  private(set) var limit: Int
  /// The values of the last item that was seen; empty at the beginning.
  let after: [JSONValue]

  /// - Parameters:
  ///   - filters: further query parameters of the route.
  ///   - fits: whether values are a cursor of this list; one that was made up is refused.
  init(_ call: Call, filters: [String] = [], cursor fits: ([JSONValue]) -> Bool) throws(Problem) {
    try call.requireQuery(["limit", "after"] + filters)
    limit = try Self.limit(call.request.query("limit"))
    after = try Self.cursor(call.request.query("after"), fits)
  }

  /// For lists ordered by one text or one number.
  init(_ call: Call, filters: [String] = [], by kind: CursorKind) throws(Problem) {
    try self.init(call, filters: filters) { values in
      guard values.count == 1, let value = values.first else { return false }
      switch kind {
      case .text: return value.string != nil
      case .number: return value.number?.int != nil
      }
    }
  }

  /// Of a list by number: the last that was seen, 0 at the beginning.
  var number: Int64 { after.first?.number?.int ?? 0 }

  /// Of a list by text: the last that was seen, empty at the beginning.
  var text: String { after.first?.string ?? "" }

  enum CursorKind {
    case text
    case number
  }

  /// The same with a page that ends early.
  func cut(to count: Int) -> Paging {
    var paging = self
    paging.limit = max(1, min(limit, count))
    return paging
  }

  /// What `?after=` is to bring: the values of the last item of this page.
  static func cursor(_ values: [JSONValue]) -> String { Base64URL.encode(JSONValue.array(values).serialized()) }

  private static func limit(_ text: String?) throws(Problem) -> Int {
    guard let text else { return defaultLimit }
    guard let limit = Int(text), (1...maxLimit).contains(limit) else {
      throw .badQuery("limit", "expected a number from 1 to \(maxLimit), got \"\(text.prefix(40))\"")
    }
    return limit
  }

  private static func cursor(_ text: String?, _ fits: ([JSONValue]) -> Bool) throws(Problem) -> [JSONValue] {
    guard let text else { return [] }
    guard let bytes = Base64URL.decode(text), let values = try? JSONValue(parsing: bytes).array, fits(values) else {
      throw .badQuery("after", "expected the `next` of an earlier answer of this list, as it was")
    }
    return values
  }
}

extension Response {
  /// One page of a list: ask the stage for `limit + 1`, the one too many says that there is more.
  static func page<Item>(
    _ items: [Item], _ paging: Paging, cursor: (Item) -> [JSONValue], json: (Item) throws -> JSONValue
  ) rethrows -> Response {
    let page = items.prefix(paging.limit)
    let next = items.count > paging.limit ? page.last.map(cursor) : nil
    let body: JSONObject = [
      "items": .array(try page.map(json)),
      "next": next.map { .string(Paging.cursor($0)) } ?? .null,
    ]
    return .json(.object(body))
  }
}
