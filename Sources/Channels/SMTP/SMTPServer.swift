/// Where letters go: `smtp://host:587`, `smtps://user:password@host`, with `?tls=required` to insist on STARTTLS.
struct SMTPServer: Sendable, Equatable {
  enum TLS: String, Sendable, CaseIterable {
    /// Encrypted or not at all; the certificate is checked.
    case required
    /// Encrypted where the server offers it; keeps listeners out, but does not prove whose server it is (RFC 7435).
    case opportunistic
    case off
  }

  struct Login: Sendable, Equatable {
    let user: String
    let password: Secret
  }

  /// Without login and query; its path is the name we greet with.
  let url: String
  let isTLSFromStart: Bool
  let tls: TLS
  let login: Login?

  /// A certificate is not checked only where there is nothing to lose to an impostor but the listener's view.
  func checksCertificate(hasOwnAuthority: Bool) -> Bool {
    isTLSFromStart || tls == .required || login != nil || hasOwnAuthority
  }

  /// The mode for a URL that names none: what stays on this machine needs no TLS; a password goes over TLS alone.
  static func defaultTLS(host: String, hasLogin: Bool) -> TLS {
    if isLoopback(host) { return .off }
    return hasLogin ? .required : .opportunistic
  }

  private static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1" || host == "[::1]"
      || host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == 46 || $0 >= 48 && $0 <= 57 }
  }
}

extension SMTPServer {
  /// What is wrong with a URL, said without quoting it: it may hold a password.
  struct BadURL: Error, Equatable {
    let detail: String
  }

  /// `tls` overrides the URL's query.
  init(url text: String, tls: TLS?) throws(BadURL) {
    guard let parts = CurlURL(text), ["smtp", "smtps"].contains(parts.scheme), let host = parts.host else {
      throw BadURL(detail: "expected smtp://host:port or smtps://host:port")
    }
    isTLSFromStart = parts.scheme == "smtps"
    login = parts.user.map { Login(user: $0, password: Secret(parts.password ?? "")) }
    let named = try Self.tls(inQuery: parts.query)
    self.tls = tls ?? named ?? Self.defaultTLS(host: host, hasLogin: login != nil)
    url = parts.scheme + "://" + host + (parts.port.map { ":\($0)" } ?? "") + parts.path
  }

  private static func tls(inQuery query: String?) throws(BadURL) -> TLS? {
    guard let query else { return nil }
    let words = query.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard words.count == 2, words[0] == "tls", let tls = TLS(rawValue: String(words[1])) else {
      throw BadURL(detail: "expected ?tls=required, ?tls=opportunistic or ?tls=off after the host")
    }
    return tls
  }
}
