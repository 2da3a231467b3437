import Foundation
import Glibc

/// The server itself on a folder that a benchmark has filled: how long until it is ready, and what a scrape takes.
enum ServedFolder {
  private static let key = "zv_benchmark_on_loopback_only"

  struct NotReady: Error {}

  static func measure(_ folder: URL) throws {
    guard let zveno = Program.sibling("zveno") else {
      return print("  the server on this folder: skipped, it was not built (swift build -c release --product zveno)")
    }
    setenv("ZVENO_ADMIN_KEY", key, 1)
    let port = try Program.freePort()
    let begun = ContinuousClock.now
    let server = try Program(
      zveno, ["serve", "--data", folder.path, "--listen", "127.0.0.1:\(port)"], quiet: true)
    defer { server.stop() }
    while try !answer(to: "/readyz", port).hasPrefix("HTTP/1.1 200") {
      guard ContinuousClock.now - begun < .seconds(60) else { throw NotReady() }
      usleep(5_000)
    }
    print(String(format: "  zveno serve is ready after %.0f ms", (ContinuousClock.now - begun).milliseconds))
    var scrapes: [Double] = []
    for _ in 0..<100 {
      let start = ContinuousClock.now
      guard try answer(to: "/metrics", port).hasPrefix("HTTP/1.1 200") else { throw NotReady() }
      scrapes.append((ContinuousClock.now - start).milliseconds)
    }
    scrapes.sort()
    print(
      String(format: "  GET /metrics: median %.2f ms, most %.2f ms, a connection each", scrapes[50], scrapes[99]))
  }

  /// Of a call with a connection of its own; empty while nobody listens.
  private static func answer(to path: String, _ port: UInt16) throws -> String {
    guard let socket = ClientSocket(port: port) else { return "" }
    defer { socket.close() }
    return socket.get(path, key: key)
  }
}

extension ClientSocket {
  /// The whole answer, read until the server closes.
  func get(_ path: String, key: String) -> String {
    write(
      Array("GET \(path) HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer \(key)\r\nConnection: close\r\n\r\n".utf8))
    var (text, buffer): ([UInt8], [UInt8]) = ([], Array(repeating: 0, count: 65_536))
    while case let count = read(into: &buffer), count > 0 { text += buffer[..<count] }
    return String(decoding: text, as: UTF8.self)
  }
}
