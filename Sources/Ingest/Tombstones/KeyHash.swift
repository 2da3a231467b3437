internal import Crypto

/// What stays of a key of a person who was erased: 128 bits of an HMAC-SHA-256 under a secret that is not in the
/// database. Without the secret nobody can try e-mail addresses or phone numbers against it.
public struct KeyHash: Sendable, Hashable {
  /// What is hashed: the keys of contacts, as `contact_keys` numbers them, and addresses of suppressions.
  public enum Kind: UInt8, Sendable {
    case id = 1
    case email, phone, anonymousID, address
  }

  private let high: UInt64
  private let low: UInt64

  public var bytes: [UInt8] {
    [high, low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * $0)) } }
  }

  public init?(bytes: [UInt8]) {
    guard bytes.count == 16 else { return nil }
    func half(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
    (high, low) = (half(bytes[..<8]), half(bytes[8...]))
  }

  /// 32 hexadecimal digits.
  public var hex: String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  public init?(hex: String) {
    let digits = hex.utf8.map { $0 >= 0x61 ? $0 &- 87 : $0 &- 48 }
    guard digits.count == 32, digits.allSatisfy({ $0 < 16 }) else { return nil }
    self.init(bytes: stride(from: 0, to: 32, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
  }

  init(_ kind: Kind, _ value: String, _ key: SymmetricKey) {
    var code = HMAC<SHA256>(key: key)
    code.update(data: [kind.rawValue] + value.utf8)
    let halves = code.finalize().withUnsafeBytes { bytes in
      (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
    (high, low) = (UInt64(bigEndian: halves.0), UInt64(bigEndian: halves.1))
  }
}
