public import Domain
import Engine
import Ingest
public import JSON

extension ChainTests {
  /// More would be another kind of test.
  static let mostTests = 500
  static let mostContacts = 1_000
  static let mostItems = 10_000
  static let mostErrors = 200
  static let mostTexts = 100
  static let mostYears = 10

  /// Reads the document; throws all of its errors at once.
  /// - Parameter shopZone: of contacts who have none of their own.
  public init(_ node: JSONNode, shopZone: Zone = .utc) throws(Refusal) {
    var reader = FieldReader(node, known: Self.known)
    let chain = reader.string("chain", required: true)
    let starts = reader.time("starts", required: true)
    for key in ["note", "$schema"] { _ = reader.string(key, maxBytes: 8192) }
    let others = reader.texts("with", of: "ids of chains")
    var issues: [Issue] = []
    var tests: [ChainTest] = []
    for place in reader.list("tests", of: "tests", atMost: Self.mostTests) {
      let reading = ChainTestReading(place, starts: starts ?? Timestamp(milliseconds: 0), shopZone: shopZone)
      if let test = reading.read(&issues) { tests.append(test) }
    }
    issues = reader.issues + issues
    guard issues.isEmpty, let chain, let starts else { throw Refusal(Array(issues.prefix(Self.mostErrors))) }
    (self.chain, self.starts, self.tests) = (chain, starts, tests)
    self.others = others.map(\.text).filter { $0 != chain }
    chainPlace = DocumentPlace(pointer: "/chain", location: (node["chain"] ?? node).location)
  }
}

/// Reads one test.
struct ChainTestReading {
  private static let known = ["name", "note", "contacts", "timeline", "until", "expect"]
  /// Told of those who are no contacts of the test: for each all of them are gone through.
  private static let mostStrangers = 100

  let node: JSONNode
  let pointer: String
  let starts: Timestamp
  let shopZone: Zone

  init(_ place: DocumentNode, starts: Timestamp, shopZone: Zone) {
    (node, pointer) = (place.node, place.pointer)
    (self.starts, self.shopZone) = (starts, shopZone)
  }

  /// Nil with what is wrong in `issues`.
  func read(_ issues: inout [Issue]) -> ChainTest? {
    let before = issues.count
    var reader = FieldReader(node, pointer: pointer, known: Self.known)
    let name = reader.string("name", maxBytes: 500, required: true)
    _ = reader.string("note", maxBytes: 8192)
    var end: Timestamp?
    if let span = reader.span("until", required: true) {
      end = span.after(starts, in: shopZone)
      if span.approximateMilliseconds > Span(months: 12 * ChainTests.mostYears).approximateMilliseconds {
        reader.refuse("until", .tooLarge, "expected at most \(ChainTests.mostYears) years, got \(span.text)")
      }
    }
    var contacts: [ChainTest.TestContact] = []
    for place in reader.list("contacts", of: "contacts", atMost: ChainTests.mostContacts) {
      guard let contact = TestItems.contact(place, &reader) else { continue }
      if contacts.contains(where: { $0.id == contact.id }) {
        reader.refuse(
          Issue(
            pointer: place.pointer + "/id", at: (place.node["id"] ?? place.node).location, code: .duplicate,
            detail: "expected every contact once, got `\(contact.id)` again"))
      }
      contacts.append(contact)
    }
    let ids = Set(contacts.map(\.id))
    for relation in contacts.flatMap(\.relations).filter({ !ids.contains($0.other) }).prefix(Self.mostStrangers) {
      let meant = nearest(to: relation.other, among: contacts.map(\.id))
      reader.refuse(
        relation.place.issue(
          .unknownReference, "expected one of the test's `contacts`, got \"\(relation.other.prefix(60))\"",
          hint: meant.map { "did you mean `\($0)`?" }))
    }
    let items = TestItems(
      starts: starts, until: end, shopZone: shopZone,
      zones: Dictionary(contacts.map { ($0.id, $0.patch.zone) }) { first, _ in first })
    let timeline = reader.list("timeline", of: "events", atMost: ChainTests.mostItems)
      .compactMap { items.happening($0, &reader) }
    let expected = reader.list("expect", of: "messages", atMost: ChainTests.mostItems)
      .compactMap { items.expected($0, &reader) }
    issues += reader.issues
    guard issues.count == before, let name, let end else { return nil }
    // Sorting by offset keeps the document's order at one moment.
    let order = timeline.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
    let begin = order.firstIndex { $0.element.at >= starts } ?? order.endIndex
    return ChainTest(
      name: name, contacts: contacts, past: order[..<begin].map(\.element), timeline: order[begin...].map(\.element),
      until: end, expected: expected)
  }
}

/// A value of the document and where it stands.
struct DocumentNode {
  let node: JSONNode
  let pointer: String
}

extension FieldReader {
  /// The elements of a list that must be there; none, with an issue, when it is none or too long.
  mutating func list(_ key: String, of what: String, atMost most: Int) -> [DocumentNode] {
    guard let value = field(key) else {
      if node.kind == .object { refuse(key, .missing, "expected `\(key)`, a list of \(what), got nothing") }
      return []
    }
    guard value.kind == .array else {
      refuse(.wrongType(pointer(to: key), value, expected: "a list of \(what)"))
      return []
    }
    guard value.count <= most else {
      refuse(key, .tooLarge, "expected at most \(most) \(what), got \(value.count)")
      return []
    }
    return value.elements.enumerated().map {
      DocumentNode(node: $0.element, pointer: "\(pointer(to: key))/\($0.offset)")
    }
  }

  /// A list of texts, or one alone; none when it is not there.
  mutating func texts(_ key: String, of what: String) -> [(text: String, place: DocumentPlace)] {
    guard let value = field(key) else { return [] }
    let isList = value.kind == .array
    return (isList ? value.elements : [value]).prefix(ChainTests.mostTexts).enumerated().compactMap { index, node in
      let place = DocumentPlace(pointer: pointer(to: key) + (isList ? "/\(index)" : ""), location: node.location)
      if let text = node.string, !text.isEmpty, text.utf8.count <= 1024 { return (text, place) }
      refuse(place.issue(.wrongType, "expected \(what), got \(node.kind.phrase)"))
      return nil
    }
  }

  mutating func span(_ key: String, required: Bool) -> Span? {
    guard let text = string(key, maxBytes: 64, required: required) else { return nil }
    if let span = Span(text) { return span }
    // `0h` is the start itself.
    refuse(key, .badValue, "expected a duration, got \"\(text)\"", hint: "write \(Span.hint)")
    return nil
  }
}
