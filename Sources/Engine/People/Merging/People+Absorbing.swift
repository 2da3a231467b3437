import Domain
import JSON
import SQL

extension People {
  /// Makes one contact of two, but for what engine and timeline have of them: keys, profile, consents and the rows that
  /// name him. Where both have a field the survivor's stays; where both have said something about a channel, the
  /// stricter holds, as a proof of its own.
  /// - Returns: names of the fields that are different now for either.
  func absorb(_ contact: Contact, into survivor: Contact, now: Timestamp, _ db: Connection) throws -> [String] {
    var merged = survivor
    merged.fill(from: contact)
    // What was planned by the fields of either.
    var fields = merged.differences(from: survivor)
    fields += merged.differences(from: contact).filter { !fields.contains($0) }
    let disagreements = try mergeConsents(of: contact.row, into: survivor.row, db)
    try MergedRows.move(contact.row, to: survivor.row, db)
    for state in disagreements {
      let proof = ConsentProof(
        channel: state.channel, purpose: state.purpose, granted: false, text: nil, source: "merge", at: now)
      try Consents().record(proof, of: survivor.row, now: now, db)
      fields.append("consents." + state.channel)
    }
    merged.updatedAt = max(now, survivor.updatedAt, contact.updatedAt)
    try update(merged, db)
    try db.run(
      "UPDATE contacts SET first_seen_at = $2 WHERE id = $1 AND first_seen_at > $2",
      [.int(survivor.row), .int(contact.firstSeenAt.milliseconds)])
    try db.run("DELETE FROM contacts WHERE id = $1", [.int(contact.row)])
    return fields
  }

  /// - Returns: what one has granted and the other has not.
  private func mergeConsents(of contact: Int64, into survivor: Int64, _ db: Connection) throws -> [Consents.State] {
    let said = try Consents().all(of: survivor, db)
    let disagreements = try Consents().all(of: contact, db).filter { state in
      said.contains { $0.channel == state.channel && $0.purpose == state.purpose && $0.granted != state.granted }
    }
    let move = """
      INSERT INTO consents (contact, channel, purpose, granted, at, proof)
        SELECT $2, channel, purpose, granted, at, proof FROM consents WHERE contact = $1
      ON CONFLICT (contact, channel, purpose) DO UPDATE SET at = excluded.at, proof = excluded.proof
        WHERE excluded.at > consents.at
      """
    try db.run(move, [.int(contact), .int(survivor)])
    try db.run("DELETE FROM consents WHERE contact = $1", [.int(contact)])
    return disagreements
  }
}

extension Contact {
  /// Takes what it lacks. What would make the attributes too large is left out.
  fileprivate mutating func fill(from other: Contact) {
    externalID = externalID ?? other.externalID
    email = email ?? other.email
    phone = phone ?? other.phone
    anonymousID = anonymousID ?? other.anonymousID
    zone = zone ?? other.zone
    locale = locale ?? other.locale
    for (channel, address) in other.addresses
    where addresses[channel] == nil && addresses.count < ContactBounds.addressesCount {
      addresses[channel] = address
    }
    for (name, value) in other.attributes where attributes[name] == nil {
      var more = attributes
      more[name] = value
      if JSONValue.object(more).serialized().count <= ContactBounds.attributesBytes { attributes = more }
    }
  }
}
