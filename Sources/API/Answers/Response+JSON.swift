public import HTTP
public import JSON

extension Response {
  static let jsonType = "application/json"

  public static func json(
    _ value: JSONValue, status: Int = 200, headers: [(name: String, value: String)] = []
  ) -> Response {
    json(value.serialized(), status: status, headers: headers)
  }

  static func json(_ text: [UInt8], status: Int, headers: [(name: String, value: String)] = []) -> Response {
    // What answers say about people belongs in nobody's cache.
    Response(
      status: status, headers: [("Content-Type", jsonType), ("Cache-Control", "no-store")] + headers, body: text)
  }

  static let noContent = Response(status: 204, headers: [], body: [])
}
