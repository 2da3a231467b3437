import Foundation
import Glibc
import JSON

/// A connection that one call after the other goes over.
final class KeptConnection {
  private let socket: Int32

  init(_ port: Int) throws { socket = try Call.connect(port) }

  deinit { close(socket) }

  /// Throws where there is no answer.
  func ask(
    _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8] = []
  ) throws -> Answer {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: \(body.count)\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    try Call.send(Array((head + "\r\n").utf8) + body, socket)
    var all: [UInt8] = []
    while true {
      if let answer = try? Call.parse(all, of: method) { return answer }
      guard let more = try Call.receiveSome(socket) else { throw Call.Failed(description: "it hung up") }
      all += more
    }
  }
}
