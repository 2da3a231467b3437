import Domain
import JSON

/// What `POST /v1/keys` asks for.
struct KeyDraft: Sendable {
  let name: String
  let scopes: Set<Scope>

  static let maxNameBytes = 200

  init(_ node: JSONNode) throws(Refusal) {
    var reader = FieldReader(node, known: ["name", "scopes"])
    let name = reader.string("name", maxBytes: Self.maxNameBytes, required: true)
    scopes = Self.scopes(&reader)
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
