import CEpoll
import Glibc

/// The system calls on sockets, none of which blocks. All pointers into socket addresses and buffers live here.
enum Sockets {
  enum Accepted {
    case connection(Int32, remoteAddress: String)
    case nothing
    /// No descriptor or no memory left for another connection.
    case exhausted
    /// This one has gone already; there may be more.
    case gone
  }

  enum Received {
    case bytes(Int)
    case end
    case nothing
    case broken
  }

  enum Sent {
    case bytes(Int)
    case nothing
    case broken
  }

  static func accept(_ listener: Int32) -> Accepted {
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let descriptor = withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe cepoll_accept(listener, $0, &length) }
    }
    if descriptor >= 0 { return .connection(descriptor, remoteAddress: text(of: &address)) }
    switch errno {
    case EAGAIN, EWOULDBLOCK: return .nothing
    case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
    default: return .gone
    }
  }

  /// The address without its port; an IPv4 address that came through IPv6 as IPv4.
  private static func text(of address: inout sockaddr_storage) -> String {
    let family = Int32(address.ss_family)
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    withUnsafePointer(to: &address) { pointer in
      if family == AF_INET6 {
        unsafe pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
          var address = unsafe $0.pointee.sin6_addr
          unsafe _ = inet_ntop(family, &address, &buffer, socklen_t(buffer.count))
        }
      } else {
        unsafe pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          var address = unsafe $0.pointee.sin_addr
          unsafe _ = inet_ntop(family, &address, &buffer, socklen_t(buffer.count))
        }
      }
    }
    let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.hasPrefix("::ffff:") ? String(text.dropFirst(7)) : text
  }

  /// Reads into the start of a buffer, as much as it holds.
  static func receive(_ descriptor: Int32, into buffer: inout [UInt8]) -> Received {
    while true {
      let count = buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
      if count > 0 { return .bytes(count) }
      if count == 0 { return .end }
      switch errno {
      case EINTR: continue
      case EAGAIN, EWOULDBLOCK: return .nothing
      default: return .broken
      }
    }
  }

  /// Sends what lies behind `start`; never raises SIGPIPE. `more` says that other bytes follow at once.
  static func send(_ descriptor: Int32, _ bytes: [UInt8], from start: Int, more: Bool) -> Sent {
    let flags = Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0)
    while true {
      let count = bytes.withUnsafeBytes { buffer in
        unsafe Glibc.send(descriptor, buffer.baseAddress?.advanced(by: start), buffer.count - start, flags)
      }
      if count >= 0 { return .bytes(count) }
      switch errno {
      case EINTR: continue
      case EAGAIN, EWOULDBLOCK: return .nothing
      default: return .broken
      }
    }
  }

  /// Tells the peer that nothing more comes; it may still send.
  static func finishSending(_ descriptor: Int32) {
    shutdown(descriptor, Int32(SHUT_WR))
  }

  static func close(_ descriptor: Int32) {
    _ = Glibc.close(descriptor)
  }

  /// A descriptor to give up when there is no other, so that a connection can be taken and turned away.
  static func spare() -> Int32 {
    open("/dev/null", O_RDONLY | O_CLOEXEC)
  }
}
