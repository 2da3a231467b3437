import JSON

/// How schemas are written beside the routes: JSON Schema 2020-12, and shorter where answers are long lists of fields.
///
/// - A text is a schema: `string`, `null` … a type, `Chain` a component, `Time?` may also be null, `[Issue]` a list.
/// - `"is": "Time?"` says the same where more is to be said: `{"is": "Time?", "description": "…"}`.
/// - `"fields": {"id": "Number", "note?": "string"}` is an object; it has all those that end in no `?`.
/// - `"extends": "Message"` has the fields of that one, too.
/// - `"closed": true` takes no other fields.
/// - `"example"` is the first of `examples`.
struct SchemaNotation {
  /// As they are written: what `extends` names.
  var others: JSONObject = [:]

  private static let types = ["string", "integer", "number", "boolean", "object", "array", "null"]

  static func reference(to name: String) -> JSONValue { ["$ref": .string("#/components/schemas/" + name)] }

  func schema(_ written: JSONValue) -> JSONValue {
    switch written {
    case .string(let text): .object(named(text))
    case .object(let object): .object(expanded(object))
    case .null, .bool, .number, .array: written
    }
  }

  private func named(_ text: String) -> JSONObject {
    if text.hasSuffix("?") {
      let one = named(String(text.dropLast()))
      if case .string(let type)? = one["type"] {
        var both = one
        both["type"] = [.string(type), "null"]
        return both
      }
      return ["anyOf": [.object(one), ["type": "null"]]]
    }
    if text.hasPrefix("["), text.hasSuffix("]") {
      return ["type": "array", "items": .object(named(String(text.dropFirst().dropLast())))]
    }
    if Self.types.contains(text) { return ["type": .string(text)] }
    return Self.reference(to: text).object ?? [:]
  }

  private func expanded(_ written: JSONObject) -> JSONObject {
    var schema = (written["is"]?.string).map(named) ?? [:]
    let fields = fields(of: written)
    if !fields.isEmpty {
      schema["type"] = "object"
      schema["required"] = .array(fields.keys.filter { !$0.hasSuffix("?") }.map(JSONValue.string))
      var properties = JSONObject()
      for (name, field) in fields {
        properties[name.hasSuffix("?") ? String(name.dropLast()) : name] = self.schema(field)
      }
      schema["properties"] = .object(properties)
    }
    for (key, value) in written {
      switch key {
      case "is", "fields", "extends": continue
      case "closed": schema["additionalProperties"] = false
      case "example": schema["examples"] = [value]
      case "items", "additionalProperties": schema[key] = self.schema(value)
      case "anyOf", "oneOf", "allOf": schema[key] = .array((value.array ?? []).map(self.schema))
      default: schema[key] = value
      }
    }
    return schema
  }

  private func fields(of written: JSONObject) -> JSONObject {
    var fields = JSONObject()
    if let base = written["extends"]?.string, let other = others[base]?.object { fields = self.fields(of: other) }
    for (name, field) in written["fields"]?.object ?? [:] { fields[name] = field }
    return fields
  }
}
