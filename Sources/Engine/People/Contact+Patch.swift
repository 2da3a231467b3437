import Domain
import JSON

extension Contact {
  /// Throws `Refusal` when the attributes together grow too large.
  mutating func apply(_ patch: ContactPatch) throws(Refusal) {
    email = patch.email.map(\.text).applied(to: email)
    phone = patch.phone.map(\.text).applied(to: phone)
    zone = patch.zone.applied(to: zone)
    locale = patch.locale.applied(to: locale)
    addresses.merge(patch.addresses)
    attributes.merge(patch.attributes)
    let bytes = JSONValue.object(attributes).serialized().count
    guard bytes <= ContactBounds.attributesBytes else {
      throw Refusal([
        Issue(
          pointer: "/attributes", code: .tooLarge,
          detail: "expected at most \(ContactBounds.attributesBytes) bytes of attributes in all, got \(bytes)",
          hint: "`null` removes one; what happens again and again is an event")
      ])
    }
    guard addresses.count <= ContactBounds.addressesCount else {
      throw Refusal([
        Issue(
          pointer: "/addresses", code: .tooLarge,
          detail: "expected at most \(ContactBounds.addressesCount) addresses, got \(addresses.count)")
      ])
    }
  }

  /// Names of the fields that are not as they were: `email`, `attributes.city`.
  func differences(from before: Contact) -> [String] {
    var fields: [String] = []
    if email != before.email { fields.append("email") }
    if phone != before.phone { fields.append("phone") }
    if zone != before.zone { fields.append("time_zone") }
    if locale != before.locale { fields.append("locale") }
    fields += addresses.differences(from: before.addresses).map { "addresses." + $0 }
    fields += attributes.differences(from: before.attributes).map { "attributes." + $0 }
    return fields
  }
}

extension JSONObject {
  /// `null` removes.
  fileprivate mutating func merge(_ changes: JSONObject) {
    for (key, value) in changes { self[key] = value.isNull ? Optional.none : value }
  }

  fileprivate func differences(from before: JSONObject) -> [String] {
    keys.filter { self[$0] != before[$0] } + before.keys.filter { self[$0] == nil }
  }
}
