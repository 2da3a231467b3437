import Domain
import Ingest

extension KeyHash.Kind {
  init(_ kind: People.KeyKind) {
    switch kind {
    case .id: self = .id
    case .email: self = .email
    case .phone: self = .phone
    case .anonymousID: self = .anonymousID
    }
  }
}

extension Issue {
  /// Of an update that would bring somebody back.
  static let erasedContact = Issue(
    pointer: "", code: .erased, detail: "expected a person of whom something may be stored, got one who was erased",
    hint: "one who has signed up again comes back by PUT /v1/contacts/{id}?readmit=true")
}
