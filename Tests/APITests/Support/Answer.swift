import HTTP
import JSON

/// What came back, read for expectations.
struct Answer {
  let response: Response

  var status: Int { response.status }
  var text: String { String(decoding: response.body, as: UTF8.self) }
  var json: JSONValue { (try? JSONValue(parsing: response.body)) ?? .null }
  var items: [JSONValue] { json["items"]?.array ?? [] }
  /// The `pointer` of each of `errors`.
  var pointers: [String] { (json["errors"]?.array ?? []).compactMap { $0["pointer"]?.string } }

  func header(_ name: String) -> String? { response.header(name) }
}
