import Foundation
import Glibc

/// Posts events over keep-alive connections as fast as answers come. Each thread waits for its own answers.
struct LoadClient: Sendable {
  private static let contacts = 100_000
  private static let threads = 2

  private let port: UInt16
  private let key: String

  /// - Parameter url: of a server on the loopback.
  init(url: String, key: String) throws {
    guard let port = URL(string: url)?.port.flatMap(UInt16.init(exactly:)) else {
      throw LoadFailure(what: "no port in \(url)")
    }
    (self.port, self.key) = (port, key)
  }

  /// One event a call.
  func events(connections: Int, seconds: Double) async throws -> Rate {
    let start = SystemClock.nanoseconds()
    let latencies = try await withThrowingTaskGroup(of: [Double].self) { group in
      for _ in 0..<Self.threads {
        group.addTask { try await self.onThread { try post(connections / Self.threads, seconds) } }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    return Rate(
      count: latencies.count, seconds: Double(SystemClock.nanoseconds() - start) / 1e9, latencies: latencies)
  }

  /// Many events a call, one call after the other.
  func batches(of size: Int, type: String, seconds: Double) async throws -> Rate {
    try await onThread {
      let socket = try LoadSocket(port: port)
      defer { socket.close() }
      let start = SystemClock.nanoseconds()
      let until = start + Int64(seconds * 1e9)
      var count = 0
      while SystemClock.nanoseconds() < until {
        let body = (0..<size).map { _ in Self.event(type) }.joined(separator: "\n")
        try socket.send(request(body, "application/x-ndjson"))
        try socket.expectAccepted()
        count += size
      }
      return Rate(count: count, seconds: Double(SystemClock.nanoseconds() - start) / 1e9)
    }
  }

  private func post(_ connections: Int, _ seconds: Double) throws -> [Double] {
    let sockets = try (0..<connections).map { _ in try LoadSocket(port: port) }
    defer { for socket in sockets { socket.close() } }
    let until = SystemClock.nanoseconds() + Int64(seconds * 1e9)
    var latencies: [Double] = []
    var sent = [Int64](repeating: 0, count: sockets.count)
    while SystemClock.nanoseconds() < until {
      for (index, socket) in sockets.enumerated() {
        sent[index] = SystemClock.nanoseconds()
        try socket.send(request(Self.event("quiet"), "application/json"))
      }
      for (index, socket) in sockets.enumerated() {
        try socket.expectAccepted()
        latencies.append(Double(SystemClock.nanoseconds() - sent[index]) / 1e6)
      }
    }
    return latencies
  }

  /// About 250 bytes with a random id, one in ten at no price.
  static func event(_ type: String) -> String {
    let contact = Int.random(in: 0..<contacts)
    return """
      {"id":"\(UUID().uuidString)","type":"\(type)","contact":{"id":"c\(contact)","email":"c\(contact)@shop.example"},\
      "properties":{"sku":"sku-\(contact % 997)","category":"phones","brand":"Link","price":\(contact % 10),\
      "url":"https://shop.example/catalog/phones"}}
      """
  }

  private func request(_ body: String, _ type: String) -> String {
    """
    POST /v1/events HTTP/1.1\r\nHost: selftest\r\nAuthorization: Bearer \(key)\r\nContent-Type: \(type)\r\n\
    Content-Length: \(body.utf8.count)\r\n\r\n\(body)
    """
  }

  private func onThread<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
      Thread { continuation.resume(with: Result { try work() }) }.start()
    }
  }
}

struct LoadFailure: Error, CustomStringConvertible {
  let what: String
  var description: String { what }
}

/// A blocking connection to the server in this process.
private struct LoadSocket {
  private static let answerSeconds = 30
  private let descriptor: Int32

  init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let failure = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    var limit = timeval(tv_sec: Self.answerSeconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    guard failure == 0 else { throw LoadFailure(what: "no connection to the server in this process: \(errno)") }
  }

  func send(_ text: String) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard sent > 0 else { throw LoadFailure(what: "the server in this process closed a connection") }
      rest = rest.dropFirst(sent)
    }
  }

  /// Answers to events are short: one read holds one.
  func expectAccepted() throws {
    var buffer = [UInt8](repeating: 0, count: 2048)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    let head = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    guard head.hasPrefix("HTTP/1.1 202") else {
      throw LoadFailure(what: "an event was not accepted: \(head.prefix { $0 != "\r\n" })")
    }
  }

  func close() { Glibc.close(descriptor) }
}
