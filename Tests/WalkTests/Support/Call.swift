import Foundation
import Glibc
import JSON

/// One HTTP call on a socket of its own, so that nothing between the test and the server follows redirects, keeps
/// cookies or asks again.
struct Answer {
  let status: Int
  let headers: [(name: String, value: String)]
  let body: [UInt8]

  func header(_ name: String) -> String? { headers.first { $0.name == name.lowercased() }?.value }

  var text: String { String(decoding: body, as: UTF8.self) }

  var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
}

enum Call {
  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  static let seconds = 60

  /// Throws when the server hangs up without an answer, as one that is killed does.
  static func make(
    _ method: String, _ path: String, port: Int, headers: [(String, String)] = [], body: [UInt8]? = nil
  ) throws -> Answer {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if let body { head += "Content-Length: \(body.count)\r\n" }
    let socket = try connect(port)
    defer { close(socket) }
    try send(Array((head + "\r\n").utf8) + (body ?? []), socket)
    return try parse(receive(socket), of: method)
  }

  /// A connection that says nothing yet; the caller closes it.
  /// - Parameter receiving: bytes that the kernel takes before it is asked for them; nil: as it likes.
  static func connect(_ port: Int, receiving: Int32? = nil) throws -> Int32 {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    if var receiving {
      setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receiving, socklen_t(MemoryLayout<Int32>.size))
    }
    var limit = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      close(socket)
      throw Failed(description: "no connection to port \(port)")
    }
    return socket
  }

  static func isListening(_ port: Int) -> Bool {
    guard let socket = try? connect(port) else { return false }
    close(socket)
    return true
  }

  static func send(_ bytes: [UInt8], _ socket: Int32) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Failed(description: "the server stopped reading") }
      rest = rest.dropFirst(count)
    }
  }

  private static func receive(_ socket: Int32) throws -> [UInt8] {
    var all: [UInt8] = []
    while let more = try receiveSome(socket) { all += more }
    return all
  }

  /// Nil when the server has hung up.
  static func receiveSome(_ socket: Int32) throws -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(socket, &buffer, buffer.count, 0)
      if count == 0 { return nil }
      // A child's end interrupts a call that has a time limit.
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Failed(description: "no answer: \(String(cString: strerror(errno)))") }
      return Array(buffer.prefix(count))
    }
  }

  static func parse(_ bytes: [UInt8], of method: String) throws -> Answer {
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
      throw Failed(description: "expected an answer, got \(bytes.count) bytes")
    }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count >= 2, let status = Int(words[1]) else {
      throw Failed(description: "expected a status line, got \(lines.first ?? "nothing")")
    }
    let headers = lines.dropFirst().map { line -> (name: String, value: String) in
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      return (parts.first?.lowercased() ?? "", parts.count > 1 ? parts[1] : "")
    }
    let answer = Answer(status: status, headers: headers, body: Array(bytes[end.upperBound...]))
    if let length = answer.header("content-length").flatMap(Int.init), method != "HEAD", length != answer.body.count {
      throw Failed(description: "expected a body of \(length) bytes, got \(answer.body.count)")
    }
    return answer
  }
}
