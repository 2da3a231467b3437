import API
import Domain
import JSON

/// Reads `cors`.
extension CrossOrigin {
  private static let standardSeconds: Int64 = 3_600
  /// What browsers cap it at anyway.
  private static let longest: Int64 = 86_400_000
  private static let origin = "an origin as browsers write it, \"https://shop.example\", or \"*\" for any"

  /// Nil: no page may call.
  init?(reading reader: SettingReader) {
    reader.refuseOthers(than: ConfigurationKeys.cors)
    let texts = reader.texts("origins") ?? []
    for (index, text) in texts.enumerated() where text != "*" && !Self.isOrigin(text) {
      reader.findings.add(
        .badValue, at: reader.pointer(to: "origins") + "/\(index)",
        "expected \(Self.origin), got \(quoted(String(text.prefix(80))))",
        hint: "scheme, host and perhaps a port: no path, no slash at the end, lower case")
    }
    let age = reader.parsed("max_age", expecting: "a duration of a day at most, as in \"1h\"") { text in
      Span(text).flatMap { $0.approximateMilliseconds <= Self.longest ? $0.approximateMilliseconds / 1000 : nil }
    }
    guard !texts.isEmpty else { return nil }
    self.init(origins: texts.contains("*") ? nil : Set(texts), maxAgeSeconds: age ?? Self.standardSeconds)
  }

  private static func isOrigin(_ text: String) -> Bool {
    guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
    let rest = text.dropFirst(scheme.count)
    return (1...255).contains(rest.utf8.count)
      && rest.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
          UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
          true
        default: false
        }
      }
  }
}
