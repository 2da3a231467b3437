import Domain
import Ingest
import Testing

import struct Domain.Issue

@Suite struct EventReaderTests {
  private let reader = EventReader()

  private func items(_ body: String, _ form: EventReader.Form = .json) throws -> [EventReader.Item] {
    try reader.read(Array(body.utf8), form, now: TestLog.now)
  }

  private func event(_ body: String) throws -> IncomingEvent {
    guard case .event(let event) = try #require(items(body).first) else { throw Crash() }
    return event
  }

  private func issues(_ body: String) throws -> [Issue] {
    guard case .refused(let issues) = try #require(items(body).first) else { return [] }
    return issues
  }

  @Test("one event is read with all its fields; properties stay as they were written")
  func one() throws {
    let event = try event(
      """
      {"id":"e-1","type":"cart","at":"2026-03-02T11:59:00+03:00","properties":{ "total" : 4000.50 },
       "contact":{"id":"42","email":"Ann@Shop.example","phone":"+7 (916) 123-45-67","anonymous_id":"кука 1"}}
      """)
    #expect(event.id == "e-1")
    #expect(event.type == "cart")
    #expect(event.at?.rfc3339 == "2026-03-02T08:59:00.000Z")
    #expect(String(decoding: event.properties, as: UTF8.self) == #"{ "total" : 4000.50 }"#)
    #expect(
      event.keys
        == ContactKeys(id: "42", email: "ann@shop.example", phone: "+79161234567", anonymousID: "кука 1"))
  }

  @Test("an array and lines hold many, each with its own outcome and place")
  func many() throws {
    let good = #"{"type":"visit","contact":{"id":"1"}}"#
    let bad = #"{"type":"visit","contact":{"id":"1"},"colour":1}"#
    for (body, form, pointer) in [
      ("[\(good),\n  \(bad),\n\(good)]", EventReader.Form.json, "/1/colour"),
      ("\(good)\n  \(bad)\r\n\n\(good)", .lines, "/colour"),
    ] {
      let items = try items(body, form)
      #expect(items.count == 3)
      guard case .refused(let issues) = items[1] else { throw Crash() }
      #expect(issues.map(\.pointer) == [pointer])
      #expect(issues.map(\.line) == [2])
      #expect(issues.map(\.column) == [40])
      #expect(issues.map(\.code) == [.unknownKey])
    }
  }

  @Test("absent and null are the same for what may be left out")
  func null() throws {
    let event = try event(
      #"{"id":null,"type":"visit","at":null,"properties":null,"contact":{"id":"1","email":null,"phone":null}}"#)
    #expect(event.id == nil && event.at == nil && event.properties.isEmpty)
    #expect(event.keys == ContactKeys(id: "1"))
  }

  @Test(
    "a key of the contact beside it, or of the event within it, is unknown, null or not",
    arguments: [
      (#"{"type":"visit","contact":{"id":"1"},"email":null}"#, "/email"),
      (#"{"type":"visit","contact":{"id":"1","type":null}}"#, "/contact/type"),
    ])
  func misplaced(body: String, pointer: String) throws {
    #expect(try issues(body).map(\.pointer) == [pointer])
  }

  @Test("every mistake of an event is named at once, with the nearest word")
  func allMistakes() throws {
    let issues = try issues(#"{"typo":1,"typ":"x","contact":{"mail":"a@b.example"},"at":"yesterday","properties":[]}"#)
    #expect(Set(issues.map(\.pointer)) == ["/typo", "/typ", "/type", "/contact/mail", "/at", "/properties"])
    #expect(issues.first { $0.pointer == "/typ" }?.hint == "did you mean `type`?")
  }

  @Test(
    "a type is a word of the shop's own",
    arguments: [
      "", "1st", "два", "a b", "-", ".a", "message.sent", "call.answered", "segment.entered", "rfm.moved",
      "points.granted", "coupon.granted", "product.low_stock", "survey.answered", "contact.merged",
      String(repeating: "a", count: 65),
    ])
  func types(type: String) throws {
    #expect(try issues(#"{"type":"\#(type)","contact":{"id":"1"}}"#).map(\.pointer) == ["/type"])
  }

  @Test("a reserved type is refused with a way out")
  func reserved() throws {
    let hint = try issues(#"{"type":"message.opened","contact":{"id":"1"}}"#).first?.hint
    #expect(hint?.contains("shop.message.opened") == true)
    #expect(try event(#"{"type":"messages","contact":{"id":"1"}}"#).type == "messages")
  }

  @Test(
    "a contact has one good key at least",
    arguments: [
      (#"{}"#, "/contact"), (#"{"id":"a b"}"#, "/contact/id"), (#"{"id":7}"#, "/contact/id"),
      (#"{"id":"."}"#, "/contact/id"), (#"{"id":".."}"#, "/contact/id"),
      (#"{"id":""}"#, "/contact/id"), (#"{"email":"ann"}"#, "/contact/email"),
      (#"{"email":"ann@shop.example\r\nBcc: b@c.example"}"#, "/contact/email"),
      (#"{"phone":"123"}"#, "/contact/phone"), (#"{"phone":"916 123-45-67"}"#, "/contact/phone"),
      (#"{"anonymous_id":"a\u0000b"}"#, "/contact/anonymous_id"), (#"[]"#, "/contact"), (#"null"#, "/contact"),
    ])
  func contact(contact: String, pointer: String) throws {
    #expect(try issues(#"{"type":"visit","contact":\#(contact)}"#).map(\.pointer) == [pointer])
  }

  @Test(
    "Russian phones may be written as people write them",
    arguments: ["8 (916) 123-45-67", "89161234567", "7 916 123 45 67", "+7-916-123-45-67"])
  func phones(phone: String) throws {
    let event = try event(#"{"type":"visit","contact":{"phone":"\#(phone)"}}"#)
    #expect(event.keys.phone == "+79161234567")
  }

  @Test(
    "a time before 1970, one more than five minutes ahead and one that is none are refused",
    arguments: [
      "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z", "9999-12-31T23:59:59Z", "2026-03-02T09:05:00.001Z",
      "2026-13-45T00:00:00Z", "2026-03-02", "1772442000", "2026-03-02T09:00:00", "",
    ])
  func badTimes(at: String) throws {
    #expect(try issues(#"{"type":"visit","contact":{"id":"1"},"at":"\#(at)"}"#).map(\.pointer) == ["/at"])
  }

  @Test(
    "a time of the past and one a little ahead are taken", arguments: ["1970-01-01T00:00:00Z", "2026-03-02T09:05:00Z"])
  func goodTimes(at: String) throws {
    #expect(try event(#"{"type":"visit","contact":{"id":"1"},"at":"\#(at)"}"#).at != nil)
  }

  @Test("properties are an object without NUL, sixty-four deep at most")
  func properties() throws {
    func body(_ properties: String) -> String { #"{"type":"visit","contact":{"id":"1"},"properties":\#(properties)}"# }
    #expect(try event(body("{}")).properties.isEmpty)
    #expect(try issues(body(#"{"a":"x\u0000"}"#)).map(\.pointer) == ["/properties"])
    #expect(try event(body(#"{"a":"\\u0000"}"#)).properties.isEmpty == false)
    #expect(try issues(body("7")).map(\.code) == [.wrongType])
    func nested(_ depth: Int) -> String {
      #"{"a":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
    }
    #expect(try event(body(nested(62))).properties.count == 62 * 2 + 6)
    #expect(throws: BodyRefusal.self) { try items(body(nested(63))) }
  }

  @Test(
    "numbers stay exact, whatever their size", arguments: ["9007199254740993", "-0", "1e300", "0.1000000000000000055"])
  func numbers(number: String) throws {
    let event = try event(#"{"type":"visit","contact":{"id":"1"},"properties":{"n":\#(number)}}"#)
    #expect(String(decoding: event.properties, as: UTF8.self) == #"{"n":\#(number)}"#)
  }

  @Test(
    "what is no event at all refuses the call",
    arguments: [
      "", " ", "null", "7", "\"event\"", "[]", "{", "[{}", "[1,]", "\u{FEFF}{}", "{\"type\":1,\"type\":2}",
      "{\"type\":\"\\ud800\"}",
    ])
  func malformed(body: String) {
    #expect(throws: BodyRefusal.self) { try items(body) }
  }

  @Test("a bad line does not spoil the others; no line at all refuses the call")
  func badLine() throws {
    let items = try items("{\"type\":\n{\"type\":\"visit\",\"contact\":{\"id\":\"1\"}}\n7\n", .lines)
    guard case .refused(let first) = items[0], case .event = items[1], case .refused(let last) = items[2] else {
      throw Crash()
    }
    #expect(first.map(\.code) == [.syntax])
    #expect(first.map(\.line) == [1])
    #expect(last.map(\.line) == [3])
    #expect(throws: BodyRefusal.self) { try self.items("\n \r\n", .lines) }
  }

  @Test("an event one byte too large is refused; in a list it alone")
  func tooLarge() throws {
    func body(_ count: Int) -> String {
      let head = #"{"type":"visit","contact":{"id":"1"},"properties":{"a":""#
      return head + String(repeating: "x", count: count - head.utf8.count - 3) + "\"}}"
    }
    #expect(try items(body(65_536)).count == 1)
    guard case .tooLarge = #expect(throws: BodyRefusal.self, performing: { try items(body(65_537)) }) else {
      throw Crash()
    }
    let list = try items("[\(body(65_537)),\(body(65_536))]")
    guard case .refused(let issues) = list[0], case .event = list[1] else { throw Crash() }
    #expect(issues.map(\.code) == [.tooLarge])
  }

  @Test("ten thousand events are taken and one more is not, in both forms")
  func tooMany() throws {
    let one = #"{"type":"visit","contact":{"id":"1"}}"#
    for form in [EventReader.Form.json, .lines] {
      func body(_ count: Int) -> String {
        let events = Array(repeating: one, count: count)
        return form == .json ? "[" + events.joined(separator: ",") + "]" : events.joined(separator: "\n")
      }
      #expect(try items(body(10_000), form).count == 10_000)
      guard case .tooLarge(let issue) = #expect(throws: BodyRefusal.self, performing: { try items(body(10_001), form) })
      else { throw Crash() }
      #expect(issue.detail.contains("10000"))
    }
  }

  @Test("an event with thousands of unknown keys costs one error")
  func manyKeys() throws {
    let keys = (0..<5_000).map { "\"k\($0)\":1" }.joined(separator: ",")
    #expect(try issues("{\(keys)}").count == 1)
  }
}
