/// Rows of the timeline in memory, found by contact. 32 bytes a row and 12 to 24 a contact.
///
/// Appended and taken back at the end alone. A contact's rows are linked, the newest first; contacts are found by open
/// addressing with linear probing.
struct FreshRows {
  struct Row {
    let contact: Int64
    let at: Int64
    let seq: Int64
    let type: Int32
    /// The contact's row before this one, -1: none.
    let previous: Int32
  }

  private(set) var rows: [Row] = []
  /// Contacts, 0: free. One whose rows were all taken back keeps its place.
  private var contacts = [Int64](repeating: 0, count: 1 << 8)
  /// The newest row of the contact at the same place, -1: none.
  private var newest = [Int32](repeating: -1, count: 1 << 8)
  private var used = 0
  /// By contact, those merged into him whose rows lie here under the number they had.
  private(set) var parts: [Int64: [Int64]] = [:]

  var count: Int { rows.count }

  mutating func append(contact: Int64, type: Int64, at: Int64, seq: Int64) {
    if (used + 1) * 10 > contacts.count * 7 { grow() }
    let place = place(of: contact)
    if contacts[place] == 0 {
      contacts[place] = contact
      used += 1
    }
    rows.append(
      Row(
        contact: contact, at: at, seq: seq, type: Int32(truncatingIfNeeded: type), previous: newest[place]))
    newest[place] = Int32(truncatingIfNeeded: rows.count - 1)
  }

  /// Takes back what was appended after there were `count` rows.
  mutating func truncate(to count: Int) {
    while rows.count > count, let row = rows.popLast() { newest[place(of: row.contact)] = row.previous }
  }

  /// The contact's rows, his own last appended first, then those of who was merged into him, until `body` says false.
  func each(of contact: Int64, _ body: (Row) -> Bool) {
    guard eachOwn(of: contact, body) else { return }
    for part in parts[contact] ?? [] where !eachOwn(of: part, body) { return }
  }

  private func eachOwn(of contact: Int64, _ body: (Row) -> Bool) -> Bool {
    var index = newest[place(of: contact)]
    while index >= 0 {
      let row = rows[Int(index)]
      if !body(row) { return false }
      index = row.previous
    }
    return true
  }

  /// From here on the rows of `contact` are the other's.
  mutating func merge(_ contact: Int64, into survivor: Int64) {
    let moved = ([contact] + (parts.removeValue(forKey: contact) ?? [])).filter { newest[place(of: $0)] >= 0 }
    if !moved.isEmpty { parts[survivor, default: []] += moved }
  }

  /// As it was before a merge that is taken back.
  mutating func restore(parts before: [Int64: [Int64]]) { parts = before }

  /// Where the contact is, or the free place for it.
  private func place(of contact: Int64) -> Int {
    let mask = contacts.count - 1
    // Contacts are numbered one after the other: a multiplication spreads them.
    var place = Int(truncatingIfNeeded: (UInt64(bitPattern: contact) &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    while contacts[place] != 0, contacts[place] != contact { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let old = (contacts, newest)
    contacts = Array(repeating: 0, count: old.0.count * 2)
    newest = Array(repeating: -1, count: old.0.count * 2)
    for (contact, row) in zip(old.0, old.1) where contact != 0 {
      let place = place(of: contact)
      contacts[place] = contact
      newest[place] = row
    }
  }
}
