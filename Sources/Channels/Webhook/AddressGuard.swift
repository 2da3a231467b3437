import CCurl
import Glibc

/// Looks at each address at the moment when a connection to it is about to be made: a name that has been looked up before
/// may lead elsewhere now. Used by the thread of its connection alone.
final class AddressGuard {
  /// The address that was refused in the last request.
  var blocked: String?

  /// The handle calls back into this object: it must not outlive it.
  func attach(to handle: CurlHandle) {
    handle.setOpenSocket(
      { context, _, address in
        guard let context, let address else { return curl_socket_t(-1) }
        let guardian = Unmanaged<AddressGuard>.fromOpaque(context).takeUnretainedValue()
        return guardian.open(address)
      }, context: Unmanaged.passUnretained(self).toOpaque())
  }

  private func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    // The address begins at the field and is as long as it says: longer than the field's own type.
    let start = UnsafeRawPointer(address).advanced(by: MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0)
    let bytes = Array(UnsafeRawBufferPointer(start: start, count: Int(address.pointee.addrlen)))
    let ip = IPAddress(socketAddress: bytes, family: address.pointee.family)
    guard let ip, ip.isPublic else {
      blocked = ip?.text ?? "an address of an unknown kind"
      return curl_socket_t(-1)
    }
    let kind = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
    return socket(address.pointee.family, kind, address.pointee.protocol)
  }
}

/// An address of a machine.
struct IPAddress: Equatable {
  /// 4 or 16.
  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// Out of a `sockaddr_in` or `sockaddr_in6`.
  init?(socketAddress: [UInt8], family: Int32) {
    switch family {
    case AF_INET where socketAddress.count >= 8: bytes = Array(socketAddress[4..<8])
    case AF_INET6 where socketAddress.count >= 24: bytes = Array(socketAddress[8..<24])
    default: return nil
    }
  }

  var text: String {
    guard bytes.count == 16 else { return bytes.map { String($0) }.joined(separator: ".") }
    return stride(from: 0, to: 16, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
      .joined(separator: ":")
  }

  /// Reachable by everybody: not of this machine, a private network, a link, a group, or set aside (the special-purpose
  /// registries of RFC 6890).
  var isPublic: Bool { bytes.count == 4 ? Self.isPublic(v4: bytes) : Self.isPublic(v6: bytes) }

  private static func isPublic(v4 bytes: [UInt8]) -> Bool {
    switch (bytes[0], bytes[1], bytes[2]) {
    case (0, _, _), (10, _, _), (127, _, _), (169, 254, _), (192, 168, _), (192, 0, 0), (192, 0, 2), (198, 51, 100),
      (203, 0, 113):
      false
    // Shared by carriers, private, for benchmarks.
    case (100, 64...127, _), (172, 16...31, _), (198, 18...19, _): false
    case (224..., _, _): false
    default: true
    }
  }

  private static func isPublic(v6 bytes: [UInt8]) -> Bool {
    let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xff, 0xff]
    if bytes.starts(with: mapped) { return isPublic(v4: Array(bytes[12...])) }
    // NAT64 (RFC 6052) and 6to4 (RFC 3056) carry an address of the old kind.
    if bytes.starts(with: [0, 0x64, 0xff, 0x9b]) { return isPublic(v4: Array(bytes[12...])) }
    if bytes.starts(with: [0x20, 0x02]) { return isPublic(v4: Array(bytes[2..<6])) }
    // Documentation (RFC 3849), Teredo.
    if bytes.starts(with: [0x20, 0x01, 0x0d, 0xb8]) || bytes.starts(with: [0x20, 0x01, 0, 0]) { return false }
    // Everything global lies in 2000::/3.
    return bytes[0] & 0xe0 == 0x20
  }
}
