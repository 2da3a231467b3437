import Foundation
import Glibc
import Synchronization

/// A shop's backends: keep-alive connections to a server, one request at a time on each, every answer awaited.
struct Clients {
  let port: UInt16
  let connections: Int
  private static let threads = 2

  /// What a request carries.
  enum Load {
    /// One event of one of so many contacts.
    case single(contacts: Int)
    /// NDJSON that was made before.
    case made([[UInt8]])
  }

  struct Result {
    let seconds: Double
    /// Of every accepted request, in milliseconds.
    let latencies: [Double]

    /// Accepted requests a second.
    var rate: Double { Double(latencies.count) / seconds }
  }

  struct Refused: Error { let count: Int }

  /// - Parameter goesOn: asked after each turn; by default only the time ends it, or that all that was made is sent.
  func run(_ load: Load, seconds: Double, while goesOn: @escaping @Sendable () -> Bool = { true }) throws -> Result {
    let latencies = Mutex<[Double]>([])
    let refused = Mutex(0)
    let group = DispatchGroup()
    let elapsed = timed {
      for thread in 0..<Self.threads {
        group.enter()
        Thread {
          let measured = post(load, thread, seconds, while: goesOn)
          latencies.withLock { $0 += measured.latencies }
          refused.withLock { $0 += measured.refused }
          group.leave()
        }.start()
      }
      group.wait()
    }
    let count = refused.withLock { $0 }
    guard count == 0 else { throw Refused(count: count) }
    return Result(seconds: elapsed, latencies: latencies.withLock { $0 })
  }

  /// Sends one request on each connection, then reads one answer off each, until time is up.
  private func post(
    _ load: Load, _ thread: Int, _ seconds: Double, while goesOn: () -> Bool
  ) -> (latencies: [Double], refused: Int) {
    let wanted = max(1, connections / Self.threads)
    let sockets = (0..<wanted).compactMap { _ in ClientSocket(port: port) }
    let until = ContinuousClock.now + .seconds(seconds)
    var latencies: [Double] = []
    var refused = wanted - sockets.count
    var sent = Array(repeating: ContinuousClock.now, count: sockets.count)
    var next = thread
    while ContinuousClock.now < until, goesOn() {
      var asked = 0
      for (index, socket) in sockets.enumerated() {
        sent[index] = .now
        switch load {
        case .single(let contacts): socket.post(BenchWorld.body(contact: .random(in: 0..<contacts)), "application/json")
        case .made(let bodies):
          guard next < bodies.count else { continue }
          socket.post(bodies[next], "application/x-ndjson")
          next += Self.threads
        }
        asked += 1
      }
      guard asked > 0 else { break }
      for (index, socket) in sockets.prefix(asked).enumerated() {
        guard socket.answerIsAccepted() else {
          refused += 1
          continue
        }
        latencies.append((ContinuousClock.now - sent[index]).milliseconds)
      }
    }
    return (latencies, refused)
  }

  static func percentiles(_ latencies: [Double]) -> String {
    let sorted = latencies.sorted()
    guard let most = sorted.last else { return "nothing was accepted" }
    func at(_ share: Double) -> String { String(format: "%.1f", sorted[Int(Double(sorted.count - 1) * share)]) }
    return "p50 \(at(0.5)) ms, p99 \(at(0.99)) ms, p99.9 \(at(0.999)) ms, most \(String(format: "%.0f", most)) ms"
  }
}

/// A blocking connection to the server.
final class ClientSocket {
  private let descriptor: Int32

  init?(port: UInt16) {
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
    if descriptor < 0 || failure != 0 { return nil }
  }

  /// Whether somebody listens within five seconds.
  static func isTaken(on port: UInt16) -> Bool {
    for _ in 0..<500 {
      if ClientSocket(port: port) != nil { return true }
      usleep(10_000)
    }
    return false
  }

  func post(_ body: [UInt8], _ type: String) { write(request("POST", "/v1/events", type, body)) }

  /// The whole answer, read until the server closes.
  func ask(_ method: String, _ path: String, _ body: [UInt8] = []) -> String {
    write(request(method, path, "application/json", body, closes: true))
    var (text, buffer): ([UInt8], [UInt8]) = ([], Array(repeating: 0, count: 65_536))
    while case let count = read(into: &buffer), count > 0 { text += buffer[..<count] }
    return String(decoding: text, as: UTF8.self)
  }

  private func request(
    _ method: String, _ path: String, _ type: String, _ body: [UInt8], closes: Bool = false
  ) -> [UInt8] {
    let head = """
      \(method) \(path) HTTP/1.1\r
      Host: bench\r
      Authorization: Bearer \(ServedFolder.key)\r
      Content-Type: \(type)\r
      Content-Length: \(body.count)\r
      \(closes ? "Connection: close\r\n" : "")\r

      """
    return Array(head.utf8) + body
  }

  private func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// - Returns: how many bytes came; 0: no more will.
  private func read(into buffer: inout [UInt8]) -> Int { max(0, recv(descriptor, &buffer, buffer.count, 0)) }

  /// Answers are short and come in one piece.
  func answerIsAccepted() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(into: &buffer)
    return count > 12 && buffer[9] == UInt8(ascii: "2")
  }

  deinit { close(descriptor) }
}
