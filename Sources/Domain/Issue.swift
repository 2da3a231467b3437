public import JSON

/// One error or warning about a document, in the shape that answers and the command line show.
public struct Issue: Sendable, Hashable {
  public enum Code: String, Sendable {
    case unknownKey = "unknown_key"
    case wrongType = "wrong_type"
    case badValue = "bad_value"
    case missing
    case duplicate
    case syntax
    case tooLarge = "too_large"
    case unknownReference = "unknown_reference"
    case unreachable
    case notYet = "not_yet"
    case doubtful
    /// Runs stand at a step that nobody can find again in the next version.
    case moved
    /// Of a person who was erased, and does not come back by himself.
    case erased
  }

  /// RFC 6901.
  public var pointer: String
  public var line: Int?
  public var column: Int?
  public var code: Code
  /// What was expected and what came.
  public var detail: String
  /// What to do.
  public var hint: String?

  public init(
    pointer: String, line: Int? = nil, column: Int? = nil, code: Code, detail: String, hint: String? = nil
  ) {
    (self.pointer, self.line, self.column) = (pointer, line, column)
    (self.code, self.detail, self.hint) = (code, detail, hint)
  }

  public init(pointer: String, at location: JSONLocation, code: Code, detail: String, hint: String? = nil) {
    self.init(
      pointer: pointer, line: location.line, column: location.column, code: code, detail: detail, hint: hint)
  }

  public var json: JSONValue {
    var object = JSONObject()
    object["pointer"] = .string(pointer)
    if let line { object["line"] = .number(JSONNumber(line)) }
    if let column { object["column"] = .number(JSONNumber(column)) }
    object["code"] = .string(code.rawValue)
    object["detail"] = .string(detail)
    if let hint { object["hint"] = .string(hint) }
    return .object(object)
  }
}

/// A document that was not taken, with everything that is wrong with it.
public struct Refusal: Error, Sendable {
  public let issues: [Issue]
  public init(_ issues: [Issue]) { self.issues = issues }
}
