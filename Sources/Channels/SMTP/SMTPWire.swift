import CCurl
import Glibc
import Threads

/// The bytes of a session that libcurl has opened, in the clear or under TLS. Blocks; one thread at a time.
final class SMTPWire {
  enum Failure: Error, Equatable {
    case timedOut
    case closed
    case other(String)

    var reason: String {
      switch self {
      case .timedOut: "no answer came in time"
      case .closed: "the server closed the connection"
      case .other(let reason): reason
      }
    }
  }

  private let handle: CurlHandle
  private let socket: Int32
  /// On the monotonic clock, nanoseconds.
  private var deadline: Int64 = 0
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 1)

  /// At least a record of TLS (RFC 8446 §5.1): what is left behind in one could not be waited for at the socket.
  private static let bufferBytes = 16 * 1024
  /// What is sent at once.
  private static let maxSentBytes = 64 * 1024

  /// - Parameter handle: connected by CURLOPT_CONNECT_ONLY.
  init(_ handle: CurlHandle, socket: Int32) { (self.handle, self.socket) = (handle, socket) }

  deinit { buffer.deallocate() }

  /// From now on, for all that follows up to the next call.
  func allow(milliseconds: Int) { deadline = Monotonic.nanoseconds() + Int64(milliseconds) * 1_000_000 }

  /// - Parameters:
  ///   - isLast: called before the last of it may leave.
  ///   - heard: called when the server says something meanwhile; true ends it.
  /// - Returns: whether all was sent.
  func send(_ bytes: [UInt8], isLast: () -> Void = {}, heard: () throws(Failure) -> Bool) throws(Failure) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let end = min(bytes.count, sent + Self.maxSentBytes)
      if end == bytes.count { isLast() }
      let (code, count) = bytes.withUnsafeBytes { handle.send(UnsafeRawBufferPointer(rebasing: $0[sent..<end])) }
      switch code {
      case CURLE_OK: sent += count
      case CURLE_AGAIN:
        if try wait(for: POLLIN | POLLOUT) & POLLOUT == 0, try heard() { return false }
      default: throw .other(handle.failureText(code))
      }
    }
    return true
  }

  /// Some bytes, at least one; they are valid for the time of the call.
  func receive(_ take: (UnsafeBufferPointer<UInt8>) -> Void) throws(Failure) {
    while true {
      _ = try wait(for: POLLIN)
      let (code, count) = handle.receive(into: buffer)
      switch code {
      case CURLE_OK where count > 0:
        return take(UnsafeRawBufferPointer(rebasing: buffer[..<count]).bindMemory(to: UInt8.self))
      case CURLE_OK: throw .closed
      case CURLE_AGAIN: continue
      default: throw .other(handle.failureText(code))
      }
    }
  }

  /// Without waiting for anything.
  func sendAtOnce(_ text: StaticString) {
    _ = text.withUTF8Buffer { handle.send(UnsafeRawBufferPointer($0)) }
  }

  /// What has come true of the events.
  private func wait(for events: Int32) throws(Failure) -> Int32 {
    var entry = pollfd(fd: socket, events: Int16(events), revents: 0)
    while true {
      let left = (deadline - Monotonic.nanoseconds() + 999_999) / 1_000_000
      guard left > 0 else { throw .timedOut }
      let count = poll(&entry, 1, Int32(clamping: left))
      if count > 0 { return Int32(entry.revents) }
      if count < 0, errno != EINTR { throw .other(String(cString: strerror(errno))) }
    }
  }
}
