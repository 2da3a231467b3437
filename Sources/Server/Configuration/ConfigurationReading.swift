import API
import Delivery
import Domain
import HTTP
import JSON
import SQL

/// A configuration as read, with what is doubtful about it.
struct ReadConfiguration {
  var configuration: Configuration
  var warnings: [Issue]
}

extension Configuration {
  /// Reads `text`, with the variables of `environment` over it. Throws a `Refusal` that holds everything wrong at once,
  /// with places in `text` as it was written.
  /// - Parameter needsSecrets: whether a secret that is named and not set is an error.
  static func read(
    _ text: [UInt8], environment: [String: String], needsSecrets: Bool = true
  ) throws -> ReadConfiguration {
    let written = try parse(text)
    var overlay = EnvironmentOverlay(environment: environment)
    let node = try overlay.applied(to: written.root)
    let findings = Findings()
    let reader = SettingReader(node: node, pointer: "", findings: findings)
    if node.kind != .object {
      findings.add(.wrongType, at: "", "expected an object, got \(SettingReader.shown(node))")
    }
    let secrets = Secrets(environment: environment)
    let configuration = Configuration(reading: reader) { name in
      do {
        return try secrets.value(name) ?? (needsSecrets ? nil : "unknown")
      } catch {
        findings.add(.badValue, at: "/channels", "\(error)")
        return "unknown"
      }
    }
    let issues = findings.issues.map { overlay.placed($0, in: written.root) }
    guard issues.isEmpty else { throw Refusal(issues) }
    return ReadConfiguration(configuration: configuration, warnings: overlay.warnings)
  }

  private static func parse(_ text: [UInt8]) throws -> JSONDocument {
    do {
      return try JSONDocument(parsing: text)
    } catch {
      let detail = "expected \(error.expected), got \(error.got)"
      throw Refusal([Issue(pointer: "", at: error.location, code: .syntax, detail: detail)])
    }
  }

  private init(reading reader: SettingReader, secret: @escaping (String) -> String?) {
    self.init()
    reader.refuseOthers(than: ConfigurationKeys.top)
    listen = reader.parsed("listen", expecting: ListenAddress.expected) { ListenAddress($0) } ?? listen
    publicURL = reader.parsed("public_url", expecting: "an http or https URL", baseURL)
    durability = reader.choice("durability", of: Durability.self) ?? durability
    triggerMaxAge = reader.parsed("trigger_max_age", expecting: Span.hint) { Span($0) } ?? triggerMaxAge
    do throws(Refusal) {
      utm = try UTM(reader.textsByName("utm"))
    } catch {
      for issue in error.issues { reader.findings.add(issue) }
    }
    erasures = reader.text("erasures")
    retention = RetentionPolicy(reading: reader.reader("retention"))
    scanners = reader.texts("scanners") ?? []
    shop = ShopSettings(reading: reader.reader("shop"))
    limits = LimitSettings(reading: reader.reader("limits"))
    log = LogSettings(reading: reader.reader("log"))
    rfm = RfmRule(reading: reader.reader("rfm"))
    webhooks = WebhookSettings(reading: reader.reader("webhooks"))
    crossOrigin = CrossOrigin(reading: reader.reader("cors"))
    trustedProxies = Self.trustedProxies(reader)
    let written = reader.reader("channels")
    let channels = written.node == nil ? Self.standardChannels(reader.findings) : written
    self.channels = (channels.node?.members ?? []).compactMap { member in
      ChannelSettings(member.key, channels.reader(member.key), secret: secret)
    }
    let bounds = ModerationBounds(channels: (channels.node?.members ?? []).map(\.key), retention: retention)
    caps = bounds.caps(reader)
    quietAfter = bounds.quietAfter(reader.reader("quiet_after"))
  }
}

extension Configuration {
  private static func trustedProxies(_ reader: SettingReader) -> TrustedProxies {
    let texts = reader.texts("trusted_proxies") ?? []
    for (index, text) in texts.enumerated() where TrustedProxies([text]) == nil {
      reader.findings.add(
        .badValue, at: reader.pointer(to: "trusted_proxies") + "/\(index)",
        "expected an address or a network, as in \"127.0.0.1\" or \"10.0.0.0/8\", got \(quoted(String(text.prefix(80))))"
      )
    }
    return TrustedProxies(texts) ?? TrustedProxies()
  }

  /// What there is when nothing is said of channels: nothing leaves the machine, calls wait for an operator.
  private static func standardChannels(_ findings: Findings) -> SettingReader {
    let log: JSONValue = ["adapter": "log"]
    let channels: JSONValue = ["email": log, "sms": log, "whatsapp": log, "call": ["adapter": "task"]]
    let document = try? JSONDocument(parsing: channels.serialized())
    return SettingReader(node: document?.root, pointer: "/channels", findings: findings)
  }
}

extension ShopSettings {
  init(reading reader: SettingReader) {
    self.init()
    reader.refuseOthers(than: ConfigurationKeys.shop)
    name = reader.text("name") ?? name
    let zones = "an IANA time zone, as in \"Europe/Moscow\""
    timeZone = reader.parsed("time_zone", expecting: zones) { Zone($0) } ?? timeZone
    locale = reader.parsed("locale", expecting: "a language tag, as in \"ru\" or \"en-GB\"", languageTag) ?? locale
    currency =
      reader.parsed("currency", expecting: "three letters of ISO 4217, as in \"RUB\"", currencyCode) ?? currency
    url = reader.parsed("url", expecting: "an http or https URL", baseURL)
  }
}

extension WebhookSettings {
  init(reading reader: SettingReader) {
    self.init()
    reader.refuseOthers(than: ConfigurationKeys.webhooks)
    connections = reader.whole("connections", in: 1...64) ?? connections
    allowsPrivate = reader.flag("allow_private") ?? allowsPrivate
  }
}

extension LogSettings {
  init(reading reader: SettingReader) {
    self.init()
    reader.refuseOthers(than: ConfigurationKeys.log)
    level = reader.choice("level", of: Level.self) ?? level
    format = reader.choice("format", of: Format.self) ?? format
  }
}

/// An http or https URL with a host, without query and fragment; a slash at its end is dropped.
private func baseURL(_ text: String) -> String? {
  guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return nil }
  let rest = text.dropFirst(scheme.count)
  let plain = rest.unicodeScalars.allSatisfy {
    $0.isASCII && $0.value > 0x20 && !"?#\"<>\\".unicodeScalars.contains($0)
  }
  guard let first = rest.first, first != "/", first != ":", plain else { return nil }
  return text.hasSuffix("/") ? String(text.dropLast()) : text
}

/// Letters, digits and hyphens, beginning with two or three letters (RFC 5646, its outline).
private func languageTag(_ text: String) -> String? {
  let parts = text.split(whereSeparator: { $0 == "-" || $0 == "_" })
  guard let language = parts.first, (2...3).contains(language.count), text.utf8.count <= 35,
    language.allSatisfy({ $0.isASCII && $0.isLetter }),
    parts.allSatisfy({ $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } })
  else { return nil }
  return text
}

private func currencyCode(_ text: String) -> String? {
  text.utf8.count == 3 && text.utf8.allSatisfy { (65...90).contains($0) } ? text : nil
}
