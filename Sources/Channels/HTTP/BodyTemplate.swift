import Domain
import JSON

/// A JSON tree with placeholders in its strings. Values are put into the tree, so they are escaped by construction.
indirect enum JSONTemplate: Sendable {
  case constant(JSONValue)
  case text(TextTemplate)
  case array([JSONTemplate])
  case object([(key: String, value: JSONTemplate)])

  /// A string that is one placeholder and nothing else takes the value with its type.
  func filled(of message: OutgoingMessage) throws(Unfillable) -> JSONValue {
    switch self {
    case .constant(let value):
      return value
    case .text(let template):
      if let single = template.single { return try single.value(of: message) }
      return .string(try template.filled(of: message))
    case .array(let elements):
      var values: [JSONValue] = []
      for element in elements { values.append(try element.filled(of: message)) }
      return .array(values)
    case .object(let members):
      var object = JSONObject()
      for (key, value) in members { object[key] = try value.filled(of: message) }
      return .object(object)
    }
  }

  var slots: [Placeholder] {
    switch self {
    case .constant: []
    case .text(let template): template.slots
    case .array(let elements): elements.flatMap(\.slots)
    case .object(let members): members.flatMap(\.value.slots)
    }
  }
}

/// The body of a request.
enum BodyTemplate: Sendable {
  case none
  case json(JSONTemplate)
  case form([(name: String, value: TextTemplate)])
  case text(TextTemplate)

  var contentType: String? {
    switch self {
    case .none: nil
    case .json: "application/json"
    case .form: "application/x-www-form-urlencoded"
    case .text: "text/plain; charset=utf-8"
    }
  }

  /// Nil for a request without a body.
  func filled(of message: OutgoingMessage) throws(Unfillable) -> [UInt8]? {
    switch self {
    case .none:
      return nil
    case .json(let template):
      return try template.filled(of: message).serialized()
    case .form(let fields):
      var pairs: [String] = []
      for (name, value) in fields {
        pairs.append(Escaping.form(name) + "=" + Escaping.form(try value.filled(of: message)))
      }
      return Array(pairs.joined(separator: "&").utf8)
    case .text(let template):
      return Array(try template.filled(of: message).utf8)
    }
  }

  var slots: [Placeholder] {
    switch self {
    case .none: []
    case .json(let template): template.slots
    case .form(let fields): fields.flatMap(\.value.slots)
    case .text(let template): template.slots
    }
  }
}
