import JSON
import Schemas

/// The published schemas of documents as components, whole, so that a client needs nothing but the description:
/// `chain.json` is `Chain`, and what it calls `#/$defs/step` is `Chain.step`.
enum DocumentSchemas {
  private static let names = [
    "chain.json": "Chain", "tests.json": "ChainTests", "segment.json": "Segment", "template.json": "Template",
  ]

  static func components() throws(JSONError) -> JSONObject {
    var components = JSONObject()
    for published in PublishedSchema.all {
      guard let name = names[published.name], var schema = try JSONValue(parsing: published.text).object else {
        continue
      }
      let definitions = schema["$defs"]?.object ?? [:]
      for key in ["$schema", "$id", "$defs"] { schema[key] = nil }
      components[name] = renamed(.object(schema), in: name)
      for (part, definition) in definitions { components["\(name).\(part)"] = renamed(definition, in: name) }
    }
    return components
  }

  private static func renamed(_ schema: JSONValue, in document: String) -> JSONValue {
    switch schema {
    case .array(let elements): return .array(elements.map { renamed($0, in: document) })
    case .object(let object):
      var copy = JSONObject()
      for (key, value) in object {
        copy[key] =
          if key == "$ref", let text = value.string {
            SchemaNotation.reference(to: component(text, in: document))["$ref"]
          } else {
            renamed(value, in: document)
          }
      }
      return .object(copy)
    case .null, .bool, .number, .string: return schema
    }
  }

  /// `#/$defs/step`, `/v1/schemas/chain.json#/$defs/step` or `/v1/schemas/chain.json`.
  private static func component(_ reference: String, in document: String) -> String {
    let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let file = parts[0].split(separator: "/").last.map(String.init) ?? ""
    let name = names[file] ?? document
    guard parts.count > 1, let part = parts[1].split(separator: "/").last else { return name }
    return "\(name).\(part)"
  }
}
