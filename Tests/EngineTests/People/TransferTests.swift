import Domain
import JSON
import SQL
import Testing

@testable import Engine

@Suite("Contacts in and out") struct TransferTests {
  private let db: Connection
  private let noon = Timestamp(milliseconds: 1_772_452_800_000)

  init() throws { db = try TestStore().db }

  private func read(
    _ text: String, _ format: ContactReader.Format = .csv, pieces: Int = .max, types: [String: AttributeType] = [:]
  ) throws -> [ContactReader.Item] {
    var reader = ContactReader(format, types: types)
    var items: [ContactReader.Item] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      items += try reader.take(Array(rest.prefix(pieces)))
      rest = rest.dropFirst(pieces)
    }
    return try items + reader.finish()
  }

  private func take(_ items: [ContactReader.Item], into db: Connection) throws {
    for item in items {
      switch item {
      case .contact(let contact, _): _ = try People().change(contact, now: noon, db)
      case .refused(let issues, let line): Issue.record("line \(line): \(issues)")
      }
    }
  }

  private func export(_ format: ContactReader.Format, _ db: Connection) throws -> String {
    let contacts = try People().page(after: 0, limit: 1000, db).map { ($0, try Consents().all(of: $0.row, db)) }
    guard format == .csv else { return contacts.map { ContactTable.json($0, consents: $1).text + "\n" }.joined() }
    var columns = ContactTable.Columns()
    for (contact, consents) in contacts { columns.add(contact, consents: consents) }
    let table = ContactTable(columns, isRaw: false)
    return table.header + contacts.map { table.row($0, consents: $1) }.joined()
  }

  /// Of each line, whatever the order of its members.
  private func values(of lines: String) throws -> [JSONValue] {
    try lines.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
  }

  private static let nasty = [
    "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\u{FF1D}1", "'=1", "''=1", "'plain", "\"quoted\"",
    "a,b",
    "two\r\nlines", "", " ", "true", "12", "0123", "{}", "null", "Анна 🎂",
  ]

  @Test("what was exported and imported is the same", arguments: ContactReader.Format.allCases, [1, 7, 65_536])
  func roundTrip(format: ContactReader.Format, pieces: Int) throws {
    var lines = Self.nasty.enumerated().map { index, text in
      let attributes: JSONValue = [
        "text": .string(text), "n": .number(JSONNumber(index - 5)), "list": [.string(text)],
        "vip": .bool(index % 2 == 0),
        "born": "1990-03-08", "mixed": index % 2 == 0 ? "5" : .number(5),
      ]
      let contact: JSONValue = [
        "id": .string("c\(index)"), "email": .string("c\(index)@shop.example"), "attributes": attributes,
        "addresses": ["vk": .string("v\(index)")], "consents": ["email": .bool(index % 3 == 0)], "locale": "ru",
        "time_zone": "Europe/Moscow",
      ]
      return contact.text
    }
    lines += [#"{"phone":"+79161234567"}"#, #"{"anonymous_id":"=browser","addresses":{"push":"token"}}"#]
    // Attributes of two types are from before they had one.
    for item in try read(lines.joined(separator: "\n"), .ndjson) {
      guard case .contact(let contact, _) = item else { continue }
      try db.run("DELETE FROM attribute_types WHERE name = 'mixed'")
      _ = try People().change(contact, now: noon, db)
    }
    let exported = try export(format, db)
    let other = try TestStore().db
    for item in try read(exported, format, pieces: pieces) {
      guard case .contact(let contact, let line) = item else {
        Issue.record("\(item)")
        continue
      }
      try other.run("DELETE FROM attribute_types WHERE name = 'mixed'")
      do { _ = try People().change(contact, now: noon, other) } catch { Issue.record("line \(line): \(error)") }
    }
    #expect(try export(format, other) == exported)
    #expect(try values(of: export(.ndjson, other)) == values(of: export(.ndjson, db)))
    #expect(try People().page(after: 0, limit: 1000, other).count == lines.count)
  }

  @Test("no cell of a table begins like a formula")
  func guarded() {
    for text in Self.nasty {
      let cell = CSVCell.quoted(text, raw: false)
      #expect(cell.hasPrefix("\"") && cell.hasSuffix("\""))
      for sign in ["=", "+", "-", "@", "\t", "\r", "\u{FF1D}"] { #expect(!cell.dropFirst().hasPrefix(sign)) }
    }
    #expect(CSVCell.quoted("=1", raw: true) == "\"=1\"")
    #expect(CSVCell.quoted(nil, raw: false) == "")
  }

  @Test("a bad line is told with its line and column, and the others are taken", arguments: [1, 4096])
  func refused(pieces: Int) throws {
    let text = """
      \u{FEFF}id,email,city,attributes.age:number,consents.sms
      ann,ann@shop.example,Kazan,30,true
      "bob","not an address",,,
      eve,eve@shop.example,"two
      lines",old,
      c,"x"y,,,
      d,d@shop.example,Perm
      ,,Perm,1,
      zoe,,Perm,7,perhaps
      last,last@shop.example,,,
      """
    var told: [String] = []
    var taken: [String] = []
    for item in try read(text.replacing("\n", with: "\r\n"), pieces: pieces) {
      switch item {
      case .contact(let contact, let line):
        do { taken.append(try People().change(contact, now: noon, db).contact.publicID) } catch let refusal as Refusal {
          told += refusal.issues.map { "\(line) \($0.pointer) \($0.detail)" }
        }
      case .refused(let issues, _):
        told += issues.map { "\($0.line ?? 0):\($0.column ?? 0) \($0.pointer) \($0.code)" }
      }
    }
    #expect(taken == ["ann", "last"])
    #expect(
      told == [
        "3:7 /email badValue", "4 /attributes/age `age` was a number first; got text", "6:6  syntax", "7:1  badValue",
        "8:1  missing", "9:13 /consents/sms wrongType",
      ])
    #expect(throws: Refusal.self) { try read("id,attributes.email,e-mail\r\n") }
    #expect(throws: Refusal.self) { try read("id,city,attributes.city\r\n") }
  }

  @Test("an attribute stays what it was first, until somebody says otherwise")
  func types() throws {
    func put(_ id: String, _ attributes: String) throws -> [String] {
      do {
        let patch = try ContactPatch(JSONDocument(parsing: Array("{\"attributes\":\(attributes)}".utf8)).root)
        _ = try db.savepoint { try People().change(id: id, patch, now: noon, db) }
        return []
      } catch let refusal as Refusal {
        return refusal.issues.map { "\($0.pointer) \($0.detail)" }
      }
    }
    #expect(try put("ann", #"{"age":30,"born":"1990-03-08","city":"Kazan","tags":[],"vip":true}"#) == [])
    #expect(
      try put("bob", #"{"age":"30","born":"tomorrow","city":7,"tags":{},"vip":"yes","new":1}"#) == [
        "/attributes/age `age` was a number first; got text", "/attributes/born `born` was a date first; got text",
        "/attributes/city `city` was text first; got a number",
        "/attributes/tags `tags` was a list first; got an object",
        "/attributes/vip `vip` was true or false first; got text",
      ])
    #expect(try People().find("bob", db) == nil)
    #expect(try put("bob", #"{"age":null,"born":"03-08","city":"2026-03-08"}"#) == [])
    try AttributeTypes().set("age", .string, db)
    #expect(try put("bob", #"{"age":"thirty"}"#) == [])
    #expect(try People().find("ann", db)?.attributes["age"] == 30)
  }

  @Test("an import names one person by his id and his browser, and who subscribed by his address")
  func merges() throws {
    let keys = ContactKeys(anonymousID: "browser")
    let visitor = try People().whose(keys, at: noon, db).row
    let subscriber = try People().whose(ContactKeys(email: "ann@shop.example"), at: noon, db).row
    try take(try read("id,locale\nann,ru\n"), into: db)
    var others: [Int64] = []
    for item in try read("id,email,anonymous_id\nann,ann@shop.example,browser\n") {
      guard case .contact(let contact, _) = item else { continue }
      others = try People().change(contact, now: noon, db).others
    }
    #expect(others == [visitor, subscriber])
  }

  private func told(_ items: [ContactReader.Item]) -> [String] {
    items.map {
      switch $0 {
      case .contact(let contact, let line): "\(line) \(contact.keys.id ?? "")"
      case .refused(let issues, let line): "\(line) \(issues.map { "\($0.pointer) \($0.detail)" }.joined())"
      }
    }
  }

  @Test("empty lines are nothing, however many", arguments: ["\n", "\r\n"])
  func emptyLines(end: String) throws {
    let many = String(repeating: end, count: CSVRecords.maxBytes + 2)
    #expect(
      try told(read("\(many)id\(end)ann\(end)\(many)bob\(end)\(many)")) == [
        "\(many.count + 2) ann", "\(2 * many.count + 3) bob",
      ])
    #expect(try told(read("\(many)" + #"{"id":"ann"}"# + "\n\(many)", .ndjson)) == ["\(many.count + 1) ann"])
  }

  @Test(
    "a record of the most bytes is taken, one of more is refused once, and so is what never ends",
    arguments: [4096, .max])
  func longRecords(pieces: Int) throws {
    /// A row of so many bytes.
    func row(_ id: String, _ bytes: Int, quoted: Bool) -> String {
      let quote = quoted ? "\"" : ""
      let start = "\(id),\(quote)"
      return start + String(repeating: "x", count: bytes - start.utf8.count - quote.utf8.count) + quote
    }
    let most = CSVRecords.maxBytes
    let refusal = " expected a record of at most \(most) bytes"
    for quoted in [false, true] {
      let text = """
        id,note
        \(row("most", most, quoted: quoted))
        \(row("more", most + 1, quoted: quoted))
        \(row("much", 2 * most + 1, quoted: quoted))
        ann,
        \(row("last", most, quoted: quoted))
        """
      #expect(try told(read(text, pieces: pieces)) == ["2 most", "3 \(refusal)", "4 \(refusal)", "5 ann", "6 last"])
    }
    let open = "id,note\nann,\"" + String(repeating: "x", count: 3 * most)
    #expect(try told(read(open, pieces: pieces)) == ["2 \(refusal)"])
    let lines = ["most", "more"].enumerated().map { index, id in
      let line = #"{"id":"\#(id)"}"#
      return line + String(repeating: " ", count: most + index - line.utf8.count) + "\n"
    }
    #expect(
      try told(read(lines.joined(), .ndjson, pieces: pieces)) == [
        "1 most", "2  expected a line of at most \(most) bytes",
      ])
  }

  @Test("text with NUL is refused at its place, in a cell and in a line")
  func nul() throws {
    let nul = "expected text without NUL, got \\u0000 in it"
    #expect(
      try told(read("id,city,anonymous_id\nann,Kaz\0an,\nbob,Perm,\n")) == ["2 /attributes/city \(nul)", "3 bob"])
    #expect(
      try told(read(#"{"id":"ann","attributes":{"city":"\u0000"}}"#, .ndjson)) == ["1 /attributes/city \(nul)"])
  }
}
