import Domain
import JSON

/// Reads `caps` and `quiet_after`, by what else is configured.
struct ModerationBounds {
  private static let keys = ["channels", "limit", "per"]
  private static let example = #"{"channels": ["email"], "limit": 4, "per": "7d"}"#

  /// As configured.
  let channels: [String]
  let retention: RetentionPolicy

  func caps(_ reader: SettingReader) -> [FrequencyCap] {
    reader.list("caps", of: "frequency caps, as in [\(Self.example)]").compactMap(cap)
  }

  private func cap(_ reader: SettingReader) -> FrequencyCap? {
    reader.refuseOthers(than: Self.keys)
    for key in Self.keys where reader.node?[key] == nil { reader.missing(key, Self.example) }
    let names = reader.texts("channels")
    for (index, name) in (names ?? []).enumerated() where !channels.contains(name) {
      reader.findings.add(
        .unknownReference, at: reader.pointer(to: "channels") + "/\(index)",
        "expected one of the channels \(quoted(channels)), got \(quoted(String(name.prefix(80))))",
        hint: meant(name, among: channels) ?? "configure it under \"channels\"")
    }
    if names?.isEmpty == true {
      reader.findings.add(
        .badValue, at: reader.pointer(to: "channels"), "expected one channel at least, got an empty list",
        hint: "as in \(Self.example)")
    }
    let limit = reader.whole("limit", in: 1...1_000_000)
    guard let per = span("per", reader) else { return nil }
    if let kept = retention.messages, per.approximateMilliseconds > kept.approximateMilliseconds {
      reader.findings.add(
        .badValue, at: reader.pointer(to: "per"),
        "this counts the messages of \(per.text), and messages are kept for \(kept.text)",
        hint: "say at most \"\(kept.text)\", or keep them longer: `retention.messages`")
    }
    guard let names, let limit else { return nil }
    return FrequencyCap(channels: names, limit: limit, per: per)
  }

  func quietAfter(_ reader: SettingReader) -> [String: Span] {
    var spans: [String: Span] = [:]
    for member in reader.node?.members ?? [] {
      let type = member.key
      guard EventType.isValid(type) else {
        reader.findings.add(
          .unknownKey, at: reader.pointer(to: type), "expected an event type, got \(quoted(type))",
          hint: "an event type is up to 64 letters, digits, `.`, `_` and `-`, beginning with a letter")
        continue
      }
      guard let span = span(type, reader) else { continue }
      spans[type] = span
      guard !retention.reaches(span, ofType: type), let kept = retention.span(ofType: type) else { continue }
      reader.findings.add(
        .badValue, at: reader.pointer(to: type),
        "this looks \(span.text) back, and events of the type \(quoted(type)) are kept for \(kept.text)",
        hint: "say at most \"\(kept.text)\", or keep them longer: `retention`")
    }
    return spans
  }

  private func span(_ key: String, _ reader: SettingReader) -> Span? {
    reader.parsed(key, expecting: "a duration above zero: \(Span.hint)") { text in
      Span(text).flatMap { $0.isZero ? nil : $0 }
    }
  }
}
