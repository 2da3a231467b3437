public import JSON

/// What a template sees as `latest`: for each type of event the properties of the newest. Types of two words are nested:
/// a template says `latest.message.opened`.
public struct LatestValues {
  public private(set) var object: JSONObject = [:]

  public init() {}

  public mutating func put(_ properties: JSONValue, of type: String) {
    Self.put(properties, at: type.split(separator: ".").map(String.init)[...], in: &object)
  }

  private static func put(_ value: JSONValue, at path: ArraySlice<String>, in object: inout JSONObject) {
    guard let first = path.first else { return }
    guard path.count > 1 else {
      object[first] = value
      return
    }
    var inner = object[first]?.object ?? [:]
    put(value, at: path.dropFirst(), in: &inner)
    object[first] = .object(inner)
  }
}
