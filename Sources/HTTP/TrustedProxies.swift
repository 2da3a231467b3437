import Glibc

/// Proxies whose word is taken for where a request comes from: addresses, and networks in CIDR notation (RFC 4632).
///
/// A proxy adds the address that it was called from to the end of `X-Forwarded-For` (what RFC 7239 §7.4 tells of); whatever
/// stands before that anybody may have written. So the field is read from its end, past those who are trusted, to the first
/// who is not.
public struct TrustedProxies: Sendable {
  private struct Network {
    let address: [UInt8]
    let bits: Int

    init?(_ text: String) {
      let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      guard let address = TrustedProxies.bytes(String(parts[0])) else { return nil }
      let known = TrustedProxies.unmapped(address)
      guard parts.count > 1 else {
        (self.address, bits) = (known, known.count * 8)
        return
      }
      let isNumber = (1...3).contains(parts[1].utf8.count) && parts[1].utf8.allSatisfy { (48...57).contains($0) }
      guard isNumber, let bits = Int(parts[1]), bits <= address.count * 8 else { return nil }
      // Wider than all of IPv4 it is a network of IPv6.
      let shorter = bits - (address.count - known.count) * 8
      (self.address, self.bits) = shorter >= 0 ? (known, shorter) : (address, bits)
    }

    func contains(_ other: [UInt8]) -> Bool {
      guard other.count == address.count else { return false }
      return (0..<bits).allSatisfy { bit in
        let mask = UInt8(0x80) >> (bit % 8)
        return address[bit / 8] & mask == other[bit / 8] & mask
      }
    }
  }

  /// Of one field: a chain of proxies is short, and its beginning anybody may have written.
  private static let mostHops = 32

  private let networks: [Network]

  /// Nobody is trusted.
  public init() { networks = [] }

  /// Nil unless each is an address or a network.
  public init?(_ texts: [String]) {
    let networks = texts.compactMap(Network.init)
    guard networks.count == texts.count else { return nil }
    self.networks = networks
  }

  public var isEmpty: Bool { networks.isEmpty }

  /// Where the request comes from: its peer, unless that is trusted and says whom it speaks for.
  public func client(of request: Request) -> String {
    guard trusts(request.remoteAddress) else { return request.remoteAddress }
    var client = request.remoteAddress
    // Bytes: to characters, a combining mark behind a comma would hide it.
    let hops = request.headers.all("X-Forwarded-For").joined(separator: ",").utf8.split(separator: UInt8(ascii: ","))
    for hop in hops.reversed().prefix(Self.mostHops) {
      let text = hop.drop(while: FieldText.isSpace).reversed().drop(while: FieldText.isSpace).reversed()
      // Not an address: nobody who is trusted wrote that.
      guard let bytes = Self.bytes(String(decoding: Array(text), as: UTF8.self)) else { return client }
      let address = Self.unmapped(bytes)
      client =
        address.count == bytes.count
        ? String(decoding: Array(text), as: UTF8.self) : address.map(String.init).joined(separator: ".")
      if !trusts(address) { return client }
    }
    return client
  }

  private func trusts(_ text: String) -> Bool {
    guard !networks.isEmpty, let bytes = Self.bytes(text) else { return false }
    return trusts(Self.unmapped(bytes))
  }

  private func trusts(_ address: [UInt8]) -> Bool { networks.contains { $0.contains(address) } }

  /// An IPv4 address in the clothes of IPv6 (RFC 4291 §2.5.5.2) is one of IPv4.
  private static func unmapped(_ address: [UInt8]) -> [UInt8] {
    let isMapped = address.count == 16 && address[..<10].allSatisfy { $0 == 0 } && address[10..<12] == [0xFF, 0xFF]
    return isMapped ? Array(address[12...]) : address
  }

  /// Four or sixteen; nil for anything else.
  private static func bytes(_ text: String) -> [UInt8]? {
    guard text.utf8.count <= Int(INET6_ADDRSTRLEN) else { return nil }
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: count)
      if unsafe inet_pton(family, text, &bytes) == 1 { return bytes }
    }
    return nil
  }
}
