public import Domain
import JSON

/// What a key is to be.
public struct KeyDraft: Sendable {
  public let name: String
  public let scopes: Set<Scope>
  public var rate: RateLimit?
  public var expiresAt: Timestamp?

  static let maxNameBytes = 200

  public init(name: String, scopes: Set<Scope>) { (self.name, self.scopes) = (name, scopes) }

  /// What `POST /v1/keys` asks for: `{"name", "scopes", "rate"?: {"per_second", "burst"?}, "expires_at"?}`.
  init(_ node: JSONNode, now: Timestamp) throws(Refusal) {
    var reader = FieldReader(node, known: ["name", "scopes", "rate", "expires_at"])
    let name = reader.string("name", maxBytes: Self.maxNameBytes, required: true)
    scopes = Self.scopes(&reader)
    if let given = reader.field("rate"), !given.isNull {
      var issues: [Issue] = []
      rate = RateLimit(given, at: reader.pointer(to: "rate"), &issues)
      for issue in issues { reader.refuse(issue) }
    }
    expiresAt = reader.time("expires_at")
    if let expiresAt, expiresAt <= now {
      reader.refuse("expires_at", .badValue, "expected a time to come, by now \(now.rfc3339), got \(expiresAt.rfc3339)")
    }
    try reader.check()
    self.name = name ?? ""
  }

  private static func scopes(_ reader: inout FieldReader) -> Set<Scope> {
    let known = Scope.allCases.map(\.rawValue)
    guard let field = reader.field("scopes"), !field.isNull else {
      reader.refuse("scopes", .missing, "expected `scopes`, got nothing", hint: known.joined(separator: ", "))
      return []
    }
    guard field.kind == .array, field.count > 0 else {
      reader.refuse("scopes", .wrongType, "expected an array of one scope or more", hint: known.joined(separator: ", "))
      return []
    }
    var scopes: Set<Scope> = []
    for (index, element) in field.elements.enumerated() {
      let pointer = reader.pointer(to: "scopes") + "/\(index)"
      if let scope = element.string.flatMap(Scope.init) {
        scopes.insert(scope)
      } else if let text = element.string {
        reader.refuse(
          Issue(
            pointer: pointer, at: element.location, code: .badValue,
            detail: "expected one of \(known.joined(separator: ", ")), got \"\(text)\"",
            hint: nearest(to: text, among: known).map { "did you mean `\($0)`?" }))
      } else {
        reader.refuse(.wrongType(pointer, element, expected: "a scope's name"))
      }
    }
    return scopes
  }
}
