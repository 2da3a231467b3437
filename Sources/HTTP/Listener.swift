import Glibc

/// A listening socket; closed with its last owner or when told to.
final class Listener: Sendable {
  let descriptor: Int32
  /// The port that was bound.
  let port: UInt16

  private static let backlog: Int32 = 4_096

  init(host: String, port: UInt16) throws(ListenError) {
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let code = unsafe getaddrinfo(host, String(port), &hints, &found)
    guard code == 0, let address = unsafe found else {
      throw ListenError(host: host, port: port, reason: unsafe String(cString: gai_strerror(code)))
    }
    defer { unsafe freeaddrinfo(address) }
    descriptor = unsafe socket(
      address.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ListenError(host: host, port: port) }
    Self.set(descriptor, SOL_SOCKET, SO_REUSEADDR)
    // Connections inherit it: answers are written in one piece, so waiting for more would only add delay.
    Self.set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)
    guard unsafe bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0,
      listen(descriptor, Self.backlog) == 0
    else {
      let error = ListenError(host: host, port: port)
      Sockets.close(descriptor)
      throw error
    }
    self.port = Self.boundPort(descriptor)
  }

  deinit { Sockets.close(descriptor) }

  private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32) {
    var on: Int32 = 1
    unsafe _ = setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func boundPort(_ descriptor: Int32) -> UInt16 {
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe _ = getsockname(descriptor, $0, &length)
      }
    }
    // The port stands at the same place in IPv4 and IPv6 addresses.
    return withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        unsafe UInt16(bigEndian: $0.pointee.sin_port)
      }
    }
  }
}

/// An address that cannot be listened on.
public struct ListenError: Error, Sendable, CustomStringConvertible {
  public let host: String
  public let port: UInt16
  public let reason: String

  init(host: String, port: UInt16, reason: String? = nil) {
    self.host = host
    self.port = port
    self.reason = reason ?? String(cString: strerror(errno))
  }

  public var description: String {
    "expected \(host):\(port) to be an address to listen on, got: \(reason). Free the port or choose another one"
  }
}
