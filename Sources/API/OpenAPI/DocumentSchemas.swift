import JSON
import Schemas

/// The published schemas of documents as components, so that a client needs nothing but the description.
enum DocumentSchemas: String, CaseIterable {
  /// Whole: `chain.json` is `Chain`, and what it calls `#/$defs/step` is `Chain.step`.
  case whole
  /// Any object, with the schema's address: the languages of chains and conditions are more than most programs that write
  /// clients can put into types.
  case open

  private static let names = [
    "chain.json": "Chain", "tests.json": "ChainTests", "segment.json": "Segment", "template.json": "Template",
  ]
  /// Where no schemas stand but values that look like them.
  private static let values = ["examples", "enum", "const", "default"]
  /// Where one schema stands.
  private static let places = ["if", "then", "else", "not", "items", "propertyNames"]

  var components: JSONObject {
    get throws(JSONError) {
      var components = JSONObject()
      for published in PublishedSchema.all {
        guard let name = Self.names[published.name], var schema = try JSONValue(parsing: published.text).object else {
          continue
        }
        switch self {
        case .whole:
          let definitions = schema["$defs"]?.object ?? [:]
          for key in ["$schema", "$id", "$defs"] { schema[key] = nil }
          components[name] = Self.component(.object(schema), of: name)
          for (part, definition) in definitions { components["\(name).\(part)"] = Self.component(definition, of: name) }
        case .open:
          var component: JSONObject = ["type": "object", "additionalProperties": true]
          for key in ["title", "description", "examples"] { component[key] = schema[key] }
          component["externalDocs"] = ["url": .string("/v1/schemas/" + published.name)]
          components[name] = .object(component)
        }
      }
      return components
    }
  }

  /// With references into the components. `true` and `false` become what they stand for, since many readers of OpenAPI know
  /// schemas as objects alone.
  /// - Parameter isMap: of `properties`, whose keys are names.
  private static func component(_ schema: JSONValue, of document: String, isMap: Bool = false) -> JSONValue {
    switch schema {
    case .array(let elements): return .array(elements.map { component($0, of: document) })
    case .object(let object):
      var copy = JSONObject()
      for (key, value) in object {
        copy[key] =
          switch value {
          case _ where !isMap && values.contains(key): value
          case .bool(let takesAll) where isMap || places.contains(key): takesAll ? [:] : ["not": [:]]
          case .string(let text) where key == "$ref" && !isMap: .string(reference(text, in: document))
          default: component(value, of: document, isMap: key == "properties" && !isMap)
          }
      }
      return .object(copy)
    case .null, .bool, .number, .string: return schema
    }
  }

  /// From `#/$defs/step`, `/v1/schemas/chain.json#/$defs/step` or `/v1/schemas/chain.json`.
  private static func reference(_ text: String, in document: String) -> String {
    let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let file = parts[0].split(separator: "/").last.map(String.init) ?? ""
    let name = names[file] ?? document
    let part = parts.dropFirst().first?.split(separator: "/").last
    return "#/components/schemas/" + (part.map { "\(name).\($0)" } ?? name)
  }
}
