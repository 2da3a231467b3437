/// Where the server listens: `127.0.0.1:8080`, `[::1]:8080`, `0.0.0.0:80`. Port 0 is any free one.
struct ListenAddress: Hashable, Sendable {
  let host: String
  let port: UInt16

  static let standard = ListenAddress(host: "127.0.0.1", port: 8080)
  static let expected = "HOST:PORT, as in \"127.0.0.1:8080\""

  init(host: String, port: UInt16) { (self.host, self.port) = (host, port) }

  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty else { return nil }
    self.init(host: String(host), port: port)
  }

  var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

  /// As it stands in a URL.
  func text(port: UInt16) -> String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}
