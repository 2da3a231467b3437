import Domain
import SQL

/// What an erasure leaves: nothing of the person in any table, and no address of his in any byte of the files.
final class ErasureChecks {
  private let db: Connection
  private let erased: Erased

  init(_ db: Connection, _ erased: Erased) { (self.db, self.erased) = (db, erased) }

  /// Of those who have not been looked for yet.
  func check(_ disk: SimulatedDisk) throws {
    let waiting = erased.people.indices.filter { !erased.people[$0].isBack && !erased.people[$0].isGone }
    guard !waiting.isEmpty, try underWay() == nil else { return }
    try search(waiting, disk)
  }

  /// With nothing left to wait for: of everybody.
  func checkAll(_ disk: SimulatedDisk) throws {
    if let erasure = try underWay() { throw Violation("every erasure comes to its end", erasure) }
    try search(erased.people.indices.filter { !erased.people[$0].isBack }, disk)
  }

  private func underWay() throws -> String? {
    let sql = """
      SELECT e.id || ' is ' || e.state || ', ' || count(c.contact) || ' contacts left'
      FROM erasures e LEFT JOIN erased_contacts c ON c.erasure = e.id AND c.husk = 0
      WHERE e.state <> 'done' GROUP BY e.id LIMIT 1
      """
    return try db.first(sql) { $0.text(0) }
  }

  private func search(_ places: [Int], _ disk: SimulatedDisk) throws {
    // Who has come back, in whole or by one of his keys, is there again.
    let back = erased.people.filter(\.isBack).reduce(into: Set<Erased.Key>()) { $0.formUnion($1.keys) }
    var values: Set<String> = []
    for place in places {
      values.formUnion(erased.people[place].keys.subtracting(back).map(\.value))
      erased.gone(place)
    }
    guard !values.isEmpty else { return }
    try searchTables(values.sorted())
    for value in values.sorted() where value.contains("@") {
      let files = disk.files(with: value)
      guard files.isEmpty else { throw Violation("of who was erased no byte is left", "\(value) in \(files)") }
    }
  }

  private func searchTables(_ values: [String]) throws {
    let wanted = values.indices.map { "instr(text, $\($0 + 1))" }.joined(separator: " OR ")
    for table in try db.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", [], { $0.text(0) }) {
      let columns = try db.query("SELECT name FROM pragma_table_info('\(table)')") { "quote(\"\($0.text(0))\")" }
      let row = columns.joined(separator: " || ' ' || ")
      let sql = "SELECT text FROM (SELECT \(row) AS text FROM \"\(table)\") WHERE \(wanted)"
      for text in try db.query(sql, values.map { .text($0) }, { $0.text(0) }) {
        guard let value = values.first(where: { Self.has(text, $0) }) else { continue }
        throw Violation("of who was erased nothing is left", "\(value) in \(table): \(text)")
      }
    }
  }

  /// As a word: `c1` is not in `c12`, nor in `c1@shop.example`.
  private static func has(_ text: String, _ word: String) -> Bool {
    let ends: Set<Character> = ["'", "\"", "\\"]
    return text.ranges(of: word).contains { range in
      let before = range.lowerBound > text.startIndex ? text[text.index(before: range.lowerBound)] : "'"
      let after = range.upperBound < text.endIndex ? text[range.upperBound] : "'"
      return ends.contains(before) && ends.contains(after)
    }
  }
}
