// Ingest is stage 1. Events come in as the bytes of a call; out goes the log: each event checked, stored once however
// often it is sent, in the order of its acceptance, on disk before anybody is told so. It must not know what an event
// means: whose it is, which chain it starts and what a message is are the business of the stages after it.

public import Domain
import JSON

/// The bytes of a call to events, or for each what is wrong with it.
public struct EventReader: Sendable {
  /// How the events of a call are written.
  public enum Form: Sendable {
    /// One event, or an array of them.
    case json
    /// One event a line (application/x-ndjson); empty lines are nothing.
    case lines
  }

  public enum Item: Sendable {
    case event(IncomingEvent)
    case refused([Issue])
  }

  private let limits: IngestLimits

  public init(limits: IngestLimits = IngestLimits()) { self.limits = limits }

  /// Whether a contact or an event may be called so.
  public static func isIdentifier(_ text: String) -> Bool { EventText.isIdentifier(text) }

  /// Whether a valid JSON text has `\u0000` in a string: nothing that is kept may have it.
  public static func escapesNUL(_ json: ArraySlice<UInt8>) -> Bool { EventText.escapesNUL(json) }

  public static let identifierHint = "letters, digits and . _ - : @ +, but not . or .. alone"

  /// - Parameter now: milliseconds since 1970, against which `at` is checked.
  /// - Throws: `BodyRefusal` where the call as a whole cannot be taken.
  public func read(_ body: [UInt8], _ form: Form, now: Int64) throws(BodyRefusal) -> [Item] {
    switch form {
    case .json: try readJSON(body, now)
    case .lines: try readLines(body, now)
    }
  }

  private func readJSON(_ body: [UInt8], _ now: Int64) throws(BodyRefusal) -> [Item] {
    if body.count > limits.eventBytes, body.first(where: { !EventReader.isBlank($0) }) == UInt8(ascii: "{") {
      throw .tooLarge(tooLarge(body.count))
    }
    var parser = parser
    do { try parser.parse(body.span) } catch { throw .malformed(EventReader.syntax(error)) }
    switch parser.tape[0].kind {
    case .object:
      var items: [Item] = []
      if addValid(body.span, parser, at: 0, now, &items) { return items }
      return [explained(parser.document(of: body[...]).root, pointer: "", now)]
    case .array: return try readElements(parser, body, now)
    case .null, .bool, .number, .string:
      let root = parser.document(of: body[...]).root
      throw .malformed(Issue.wrongType("", root, expected: "an event or an array of events"))
    }
  }

  /// What is not valid is looked at as a text of its own: places in it cost its own length, not the call's.
  private func readElements(_ parser: JSONParser, _ body: [UInt8], _ now: Int64) throws(BodyRefusal) -> [Item] {
    let count = parser.tape[0].children
    try checkCount(count)
    var place = TextPlace(body)
    var items: [Item] = []
    items.reserveCapacity(count)
    var index = 1
    while items.count < count {
      let element = parser.tape[index]
      if element.range.count > limits.eventBytes || !addValid(body.span, parser, at: index, now, &items) {
        let item = read(body[element.range], pointer: "/\(items.count)", now)
        items.append(place.located(item, from: element.range.lowerBound))
      }
      index = Int(element.next)
    }
    return items
  }

  private func readLines(_ body: [UInt8], _ now: Int64) throws(BodyRefusal) -> [Item] {
    var parser = parser
    var place = TextPlace(body)
    var items: [Item] = []
    var start = 0
    while start < body.count {
      let line = start..<EventText.lineEnd(body.span, from: start)
      start = line.upperBound + 1
      if EventReader.isBlank(body.span.extracting(line)) { continue }
      guard items.count < limits.eventsPerCall else { throw tooMany() }
      if !addValidLine(body.span.extracting(line), &parser, now, &items) {
        items.append(place.located(read(body[line], pointer: "", now), from: line.lowerBound))
      }
    }
    try checkCount(items.count)
    return items
  }

  private func addValidLine(
    _ text: Swift.Span<UInt8>, _ parser: inout JSONParser, _ now: Int64, _ items: inout [Item]
  ) -> Bool {
    guard text.count <= limits.eventBytes else { return false }
    do { try parser.parse(text) } catch { return false }
    return addValid(text, parser, at: 0, now, &items)
  }

  /// False: to be explained.
  @inline(__always)
  private func addValid(
    _ text: Swift.Span<UInt8>, _ parser: borrowing JSONParser, at index: Int, _ now: Int64, _ items: inout [Item]
  ) -> Bool {
    var event = IncomingEvent(type: "")
    guard ValidEvent.read(text, parser, at: index, limits: limits, now: now, into: &event) else {
      return false
    }
    items.append(.event(consume event))
    return true
  }

  private func read(_ text: ArraySlice<UInt8>, pointer: String, _ now: Int64) -> Item {
    guard text.count <= limits.eventBytes else { return .refused([tooLarge(text.count, pointer)]) }
    do {
      let document = try JSONDocument(parsing: text, limits: JSONLimits(maxDepth: limits.jsonDepth))
      return explained(document.root, pointer: pointer, now)
    } catch { return .refused([EventReader.syntax(error)]) }
  }

  /// What is not valid: all that is wrong with it.
  private func explained(_ node: JSONNode, pointer: String, _ now: Int64) -> Item {
    let fields = EventFields(node, pointer: pointer, limits: limits, now: now)
    do throws(Refusal) { return .event(try fields.read()) } catch { return .refused(error.issues) }
  }

  private var parser: JSONParser { JSONParser(limits: JSONLimits(maxDepth: limits.jsonDepth)) }

  private func checkCount(_ count: Int) throws(BodyRefusal) {
    guard count > 0 else {
      throw .malformed(Issue(pointer: "", code: .missing, detail: "expected at least one event, got none"))
    }
    guard count <= limits.eventsPerCall else { throw tooMany() }
  }

  private func tooMany() -> BodyRefusal {
    .tooLarge(
      Issue(
        pointer: "", code: .tooLarge, detail: "expected at most \(limits.eventsPerCall) events a call, got more",
        hint: "send them in several calls"))
  }

  private func tooLarge(_ count: Int, _ pointer: String = "") -> Issue {
    Issue(
      pointer: pointer, code: .tooLarge,
      detail: "expected an event of at most \(limits.eventBytes) bytes, got \(count)",
      hint: "keep in `properties` only what conditions and templates need")
  }

  private static func syntax(_ error: JSONError) -> Issue {
    Issue(
      pointer: "", at: error.location, code: .syntax, detail: "expected \(error.expected), got \(error.got)")
  }

  private static func isBlank(_ text: Swift.Span<UInt8>) -> Bool {
    for at in text.indices where !isBlank(text[at]) { return false }
    return true
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
}

/// A call that cannot be taken as a whole: nothing of it was stored.
public enum BodyRefusal: Error, Sendable {
  /// Not JSON, no event in it, or not even an event or a list. To clients: 400.
  case malformed(Issue)
  /// More events or more bytes than are taken. To clients: 413.
  case tooLarge(Issue)

  public var issue: Issue {
    switch self {
    case .malformed(let issue), .tooLarge(let issue): issue
    }
  }
}
