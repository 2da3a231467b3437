import Glibc

/// A plain blocking client. Every wait ends after ten seconds, so that a broken server fails a test and does not hang it.
///
/// `@unchecked Sendable`: one thread may send while another reads; nothing else is shared.
final class Client: @unchecked Sendable {
  struct Answer: Equatable {
    let status: Int
    let fields: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
  }

  private let descriptor: Int32
  private var received: [UInt8] = []
  private static let patience = timeval(tv_sec: 10, tv_usec: 0)

  struct Unreachable: Error {
    let code: Int32
  }

  /// `receiveBuffer`: bytes the kernel keeps for a client that does not read.
  init(port: UInt16, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var patience = Self.patience
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    if var size = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw Unreachable(code: errno) }
  }

  deinit { close(descriptor) }

  /// Returns whether everything could be sent.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  @discardableResult
  func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Nothing more will come from us.
  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// From now on closing sends a reset.
  func resetOnClose() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
  }

  /// False at the end of the connection, or when it is broken.
  private func receive() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return false }
    received += buffer[..<count]
    return true
  }

  /// Waits until something has come. Returns how much is there.
  func someBytes() -> Int {
    _ = receive()
    return received.count
  }

  /// Everything up to the end of the connection. Nil when it was reset or nothing came for ten seconds.
  func rest() -> [UInt8]? {
    while receive() {}
    var probe: UInt8 = 0
    guard recv(descriptor, &probe, 1, 0) == 0 else { return nil }
    defer { received = [] }
    return received
  }

  /// The next answer; nil at the end of the connection.
  func answer(toHead: Bool = false) -> Answer? {
    while true {
      if let (answer, length) = Self.parse(received, toHead: toHead) {
        received.removeFirst(length)
        return answer
      }
      guard receive() else { return nil }
    }
  }

  /// All answers up to the end of the connection.
  func answers(toHead: Bool = false) -> [Answer] {
    var answers: [Answer] = []
    while let answer = answer(toHead: toHead) { answers.append(answer) }
    return answers
  }

  private static func parse(_ bytes: [UInt8], toHead: Bool) -> (Answer, Int)? {
    let end = Array("\r\n\r\n".utf8)
    guard let headEnd = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else { return nil }
    let lines = String(decoding: bytes[..<headEnd], as: UTF8.self).split(separator: "\r\n")
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      fields[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
    }
    let bodyStart = headEnd + 4
    let length = toHead ? 0 : fields["content-length"].flatMap(Int.init) ?? 0
    guard let status = lines.first.flatMap({ Int($0.split(separator: " ")[1]) }), bytes.count >= bodyStart + length
    else {
      return nil
    }
    let body = Array(bytes[bodyStart..<bodyStart + length])
    return (Answer(status: status, fields: fields, body: body), bodyStart + length)
  }
}
