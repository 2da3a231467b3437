import Crypto
import Domain

/// A key as its owner holds it: `zv_` and 32 random bytes in base64url. It is shown once and kept only as its SHA-256:
/// 256 bits of chance need no slow hash.
public struct KeySecret: Sendable {
  public static let randomBytes = 32
  static let prefix = "zv_"

  public let text: String

  /// - Parameter random: `randomBytes` bytes that nobody can guess.
  public init(random: [UInt8]) { text = Self.prefix + Base64URL.encode(random) }

  static func hash(_ text: some StringProtocol) -> SHA256Digest { SHA256.hash(data: Array(text.utf8)) }

  var hash: [UInt8] { Array(Self.hash(text)) }
}
