import Crypto
import Domain

/// Signs what public links stand for, and takes back only what it signed: HMAC-SHA256 over key id, kind, message,
/// contact and target, cut to 16 bytes (RFC 2104 §5 allows half the digest). There is no other way to a target, so
/// nobody can make a link of this server lead elsewhere.
public struct LinkSigner: Sendable {
  public struct Key: Sendable {
    /// Stands in the token, so that older keys go on verifying after a new one signs.
    public let id: UInt8
    /// The code with key and context already taken in, which is most of its cost; each signature goes on from a copy.
    fileprivate let primed: HMAC<SHA256>

    /// Nil unless the secret has 32 bytes.
    public init?(id: UInt8, secret: [UInt8]) {
      guard secret.count == 32 else { return nil }
      self.id = id
      var code = HMAC<SHA256>(key: SymmetricKey(data: secret))
      code.update(data: LinkSigner.context)
      primed = code
    }
  }

  private let current: Key
  private let keys: [Key]
  private static let tagBytes = 16
  /// Longer than any token this makes; what is longer is not even decoded.
  private static let maxTokenBytes = 4096
  /// Keeps these signatures apart from any other use of the same secret.
  private static let context = Array("zveno link 1".utf8)

  /// `retired` keys verify links that are out already; a key that is in neither place is forgotten.
  public init(_ current: Key, retired: [Key] = []) {
    self.current = current
    keys = [current] + retired
  }

  /// base64url of key id, token and tag: safe in a path, about 30 characters plus 4/3 of the target.
  public func sign(_ token: LinkToken) -> String {
    var text: [UInt8] = []
    append(token, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// The same, behind what is there.
  func append(_ token: LinkToken, to text: inout [UInt8]) {
    var signed: [UInt8] = []
    signed.reserveCapacity(256)
    signed.append(current.id)
    token.append(to: &signed)
    signed += Self.tag(signed[...], current)
    Base64URL.append(signed, to: &text)
  }

  /// Nil for anything that was not signed here, whatever is wrong with it. Takes as long for a near miss as for a far one.
  public func verify(_ text: String) -> LinkToken? {
    guard text.utf8.count <= Self.maxTokenBytes, let bytes = Base64URL.decode(text),
      bytes.count > Self.tagBytes, let key = keys.first(where: { $0.id == bytes[0] })
    else { return nil }
    let payload = bytes.dropLast(Self.tagBytes)
    guard Self.equal(Self.tag(payload, key), bytes.suffix(Self.tagBytes)) else { return nil }
    return LinkToken(bytes: payload.dropFirst())
  }

  private static func tag(_ payload: ArraySlice<UInt8>, _ key: Key) -> [UInt8] {
    var code = key.primed
    payload.withUnsafeBytes { code.update(data: $0) }
    return code.finalize().withUnsafeBytes { Array($0.prefix(tagBytes)) }
  }

  private static func equal(_ a: [UInt8], _ b: ArraySlice<UInt8>) -> Bool {
    var difference: UInt8 = a.count == b.count ? 0 : 1
    for (x, y) in zip(a, b) { difference |= x ^ y }
    return difference == 0
  }
}
