import Domain
import JSON
import Testing

@testable import Ingest

/// The short way through an event and the long one must never disagree.
@Suite struct ValidEventTests {
  private static let events = [
    #"{"id":"e-1","type":"cart","contact":{"id":"42","email":"ann.b-c+d_e@shop.example","phone":"+79161234567"}}"#,
    #"{"type":"a-b_9","at":"2026-03-02T08:59:00.123Z","contact":{"anonymous_id":"a b"},"properties":{"t":[1,"x"]}}"#,
    #"{"at":"2024-02-29T23:59:59Z","type":"v","contact":{"email":"A@b.C","id":null},"properties":{ },"id":null}"#,
    #"{"type":"order.paid","contact":{"id":"a:b@c"},"properties":{"я":"ю"}}"#,
    #"{"t\u0079pe":"v","contact":{"phone":"\u002B79161234567"},"properties":{"a":"\u044e\/","b":"\\u0000"}}"#,
  ]

  /// By the short way; nil: to be explained, or not even JSON.
  private func short(_ text: [UInt8]) -> String? {
    var parser = JSONParser()
    do { try parser.parse(text.span) } catch { return nil }
    var event = IncomingEvent(type: "")
    guard ValidEvent.read(text.span, parser, limits: IngestLimits(), now: TestLog.now, into: &event) else { return nil }
    return "\(event)"
  }

  /// By the long way; nil: refused.
  private func long(_ text: [UInt8]) -> String? {
    guard let node = try? JSONDocument(parsing: text).root else { return nil }
    let fields = EventFields(node, pointer: "", limits: IngestLimits(), now: TestLog.now)
    return (try? fields.read()).map { "\($0)" }
  }

  @Test("valid events go the short way", arguments: events)
  func isValid(text: String) throws {
    #expect(short(Array(text.utf8)) != nil)
    #expect(short(Array(text.utf8)) == long(Array(text.utf8)))
  }

  @Test("events with any one byte changed are taken or not on both ways alike", arguments: events)
  func everyByte(text: String) {
    let bytes = Array(text.utf8)
    let others = Array("\"{,.@+-9Zx\\é".utf8)
    var disagreement: String?
    for place in bytes.indices {
      for other in others {
        var changed = bytes
        changed[place] = other
        if short(changed) != long(changed) { disagreement = String(decoding: changed, as: UTF8.self) }
        changed.insert(bytes[place], at: place)
        if short(changed) != long(changed) { disagreement = String(decoding: changed, as: UTF8.self) }
      }
    }
    #expect(disagreement == nil)
  }

  @Test("thousands of events by chance are taken or not on both ways alike", arguments: [1, 2] as [UInt64])
  func byChance(seed: UInt64) {
    var random = RandomEvent(seed: seed)
    var taken = 0
    for _ in 0..<1_000 {
      let text = Array(random.text().utf8)
      #expect(short(text) == long(text), "\(String(decoding: text, as: UTF8.self))")
      if short(text) != nil { taken += 1 }
      let broken = random.broken()
      #expect(short(broken) == long(broken), "\(broken)")
    }
    // Otherwise it says little, of those that are taken or of the others.
    #expect((250...750).contains(taken))
  }

  @Test("an event means the same alone, in an array and on a line, whatever stands before it", arguments: events)
  func everyForm(text: String) throws {
    let escaped = text.replacing("\"type\":\"", with: "\"type\":\"\\u0061")
    let bad = text.replacing("\"type\"", with: "\"typ\"")
    let nul = #"{"type":"v","contact":{"id":"1"},"properties":{"a":"\u0000"}}"#
    let reader = EventReader()
    func read(_ body: String, _ form: EventReader.Form) throws -> [String] {
      try reader.read(Array(body.utf8), form, now: TestLog.now).map { item in
        switch item {
        case .event(let event): "\(event)"
        case .refused(let issues): issues.map { "\($0.code) \($0.detail) \($0.column ?? 0)" }.joined(separator: "\n")
        }
      }
    }
    let texts = [text, escaped, "{\"type\":7}", bad, nul, text, "{\"x\": [1, [2]]}", escaped, text]
    let alone = try texts.flatMap { try read($0, .json) }
    #expect(try read(texts.joined(separator: "\n"), .lines) == alone)
    #expect(try read("[\n" + texts.joined(separator: ",\n") + "]", .json) == alone)
  }
}
