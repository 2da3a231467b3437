public import Domain
import Ingest
import JSON

/// One contact of an import: what it says of him, and by which keys he is found.
public struct ImportedContact: Sendable {
  public var keys: ContactKeys
  public var patch: ContactPatch

  /// As the body of `PUT /v1/contacts/{id}` with `id` beside, or without where an address or a browser names him; throws
  /// all of its errors at once.
  init(_ node: JSONNode) throws(Refusal) {
    let patch: ContactPatch
    var issues: [Issue] = []
    do throws(Refusal) { patch = try ContactPatch(node, besides: ["id", "anonymous_id"]) } catch {
      guard node.kind == .object else { throw error }
      (patch, issues) = (ContactPatch(), error.issues)
    }
    // The other keys are the patch's.
    var reader = FieldReader(node, known: ["id", "anonymous_id"] + ContactPatch.fields)
    let id = Self.key("id", &reader, EventReader.isIdentifier, EventReader.identifierHint)
    let anonymousID = Self.key(
      "anonymous_id", &reader, { $0.utf8.allSatisfy { $0 > 0x1F && $0 != 0x7F } }, "text without control characters")
    let known = Set(issues.map(\.pointer))
    issues += reader.issues.filter { !known.contains($0.pointer) }
    var keys = ContactKeys(id: id)
    keys.email = patch.email.map(\.text).applied(to: nil)
    keys.phone = patch.phone.map(\.text).applied(to: nil)
    keys.anonymousID = anonymousID
    if keys.isEmpty, issues.isEmpty {
      issues.append(
        Issue(
          pointer: "", at: node.location, code: .missing,
          detail: "expected `id`, `email`, `phone` or `anonymous_id`, got none"))
    }
    guard issues.isEmpty else { throw Refusal(issues) }
    (self.keys, self.patch) = (keys, patch)
  }

  private static let keyBytes = 128

  private static func key(
    _ name: String, _ reader: inout FieldReader, _ isGood: (String) -> Bool, _ hint: String
  ) -> String? {
    guard let text = reader.string(name, maxBytes: keyBytes) else { return nil }
    if isGood(text) { return text }
    reader.refuse(name, .badValue, "expected \(hint)")
    return nil
  }
}
