import Domain
import JSON
import Testing

@testable import Ingest

/// The short way through an event and the long one must never disagree.
@Suite struct PlainEventTests {
  private static let events = [
    #"{"id":"e-1","type":"cart","contact":{"id":"42","email":"ann.b-c+d_e@shop.example","phone":"+79161234567"}}"#,
    #"{"type":"a-b_9","at":"2026-03-02T08:59:00.123Z","contact":{"anonymous_id":"a b"},"properties":{"t":[1,"x"]}}"#,
    #"{"at":"2024-02-29T23:59:59Z","type":"v","contact":{"email":"a@b.c","id":null},"properties":{ },"id":null}"#,
    #"{"type":"order.paid","contact":{"id":"a:b@c"},"properties":{"я":"ю"}}"#,
  ]

  private func plain(_ text: [UInt8]) -> IncomingEvent? {
    var parser = JSONParser()
    do { try parser.parse(text.span) } catch { return nil }
    var event = IncomingEvent(type: "")
    guard PlainEvent.read(text.span, parser.tape.span, limits: IngestLimits(), now: TestLog.now, into: &event)
    else { return nil }
    return event
  }

  private func agree(_ text: [UInt8]) -> Bool {
    guard let plain = plain(text), let node = try? JSONDocument(parsing: text).root else { return true }
    let fields = EventFields(node, pointer: "", limits: IngestLimits(), now: TestLog.now)
    return (try? fields.read()).map { "\($0)" } == "\(plain)"
  }

  @Test("common events go the short way", arguments: events)
  func isPlain(text: String) throws {
    #expect(plain(Array(text.utf8)) != nil)
    #expect(agree(Array(text.utf8)))
  }

  @Test("events with any one byte changed are read alike on both ways, or the short one gives up", arguments: events)
  func everyByte(text: String) {
    let bytes = Array(text.utf8)
    let others = Array("\"{,.@+-9Zx\\é".utf8)
    var disagreement: String?
    for place in bytes.indices {
      for other in others {
        var changed = bytes
        changed[place] = other
        if !agree(changed) { disagreement = String(decoding: changed, as: UTF8.self) }
        changed.insert(bytes[place], at: place)
        if !agree(changed) { disagreement = String(decoding: changed, as: UTF8.self) }
      }
    }
    #expect(disagreement == nil)
  }

  @Test("an event means the same alone, in an array and on a line, whatever stands before it", arguments: events)
  func everyForm(text: String) throws {
    let escaped = text.replacing("\"type\":\"", with: "\"type\":\"\\u0061")
    let bad = text.replacing("\"type\"", with: "\"typ\"")
    let reader = EventReader()
    func read(_ body: String, _ form: EventReader.Form) throws -> [String] {
      try reader.read(Array(body.utf8), form, now: TestLog.now).map { item in
        switch item {
        case .event(let event): "\(event)"
        case .refused(let issues): issues.map { "\($0.code) \($0.detail) \($0.column ?? 0)" }.joined(separator: "\n")
        }
      }
    }
    let texts = [text, escaped, "{\"type\":7}", bad, text, "{\"x\": [1, [2]]}", escaped, text]
    let alone = try texts.flatMap { try read($0, .json) }
    #expect(try read(texts.joined(separator: "\n"), .lines) == alone)
    #expect(try read("[\n" + texts.joined(separator: ",\n") + "]", .json) == alone)
  }

  @Test(
    "times in the common form mean the same as in any other",
    arguments: [
      "2026-03-02T09:00:00Z", "1970-01-01T00:00:00.000Z", "2024-02-29T00:00:00.999Z", "9999-12-31T23:59:59Z",
      "2023-02-29T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
      "2026-01-01T00:00:60Z", "0000-01-01T00:00:00Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00.1Z",
    ])
  func times(text: String) {
    let plain = PlainTime.read(Array(text.utf8).span)
    #expect(plain == nil || plain == Timestamp(rfc3339: text))
  }
}
