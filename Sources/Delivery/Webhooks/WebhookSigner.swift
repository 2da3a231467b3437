import Crypto
import Foundation

/// Signs a post as Standard Webhooks says: HMAC-SHA256 over `id.timestamp.body`, in base64 behind `v1,`.
enum WebhookSigner {
  static let prefix = "whsec_"
  /// Of a secret that is made.
  static let secretBytes = 32

  static func headers(id: String, seconds: Int64, body: [UInt8], secret: String) -> [String] {
    var code = HMAC<SHA256>(key: SymmetricKey(data: key(secret)))
    code.update(data: Array("\(id).\(seconds).".utf8))
    code.update(data: body)
    let signature = Data(code.finalize()).base64EncodedString()
    return [
      "Content-Type: application/json", "webhook-id: \(id)", "webhook-timestamp: \(seconds)",
      "webhook-signature: v1,\(signature)",
    ]
  }

  private static func key(_ secret: String) -> [UInt8] {
    Data(base64Encoded: String(secret.dropFirst(prefix.count))).map { [UInt8]($0) } ?? Array(secret.utf8)
  }
}

/// The secret that signs what is posted to a webhook.
public enum WebhookSecret {
  /// - Parameter bytes: 32 that nobody can guess.
  public static func made(of bytes: [UInt8]) -> String { WebhookSigner.prefix + Data(bytes).base64EncodedString() }

  /// `whsec_` and the base64 of 24 to 64 bytes.
  public static func isGood(_ text: String) -> Bool {
    guard text.hasPrefix(WebhookSigner.prefix),
      let bytes = Data(base64Encoded: String(text.dropFirst(WebhookSigner.prefix.count)))
    else { return false }
    return (24...64).contains(bytes.count)
  }
}
