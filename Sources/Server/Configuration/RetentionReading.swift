import Domain
import JSON

extension RetentionPolicy {
  private static let kinds = ["events", "messages", "bodies", "traces", "audit"]
  /// Ids of events are known for so long, and what a week ago was said may still be answered.
  private static let least = Span(days: 7)

  /// `events`, `messages`, `bodies`, `traces`, `audit`; any other key is an event type.
  init(reading reader: SettingReader) {
    self.init()
    for member in reader.node?.members ?? [] {
      let key = member.key
      guard Self.kinds.contains(key) || EventType.isValid(key) else {
        reader.findings.add(
          .unknownKey, at: reader.pointer(to: key),
          "expected \(quoted(Self.kinds)) or an event type, got \(quoted(key))",
          hint: "an event type is up to 64 letters, digits, `.`, `_` and `-`, beginning with a letter")
        continue
      }
      guard let span = reader.parsed(key, expecting: Span.hint, { Span($0) }) else { continue }
      guard span.approximateMilliseconds >= Self.least.approximateMilliseconds else {
        reader.findings.add(
          .badValue, at: reader.pointer(to: key),
          "expected \(quoted(key)) to be kept for 7d at least, got \(span.text)",
          hint: "the ids of events are remembered for 7 days, and need the events")
        continue
      }
      switch key {
      case "events": events = span
      case "messages": messages = span
      case "traces": traces = span
      case "bodies": bodies = span
      case "audit": audit = span
      default: types[key] = span
      }
    }
  }
}
