/// base64url without padding (RFC 4648 §5). Decoding is strict: for each run of bytes there is one text and no other.
public enum Base64URL {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
    return values
  }()

  public static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    append(bytes, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// The same, behind what is there.
  public static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
    text.reserveCapacity(text.count + (bytes.count * 4 + 2) / 3)
    let alphabet = alphabet
    var at = 0
    while at + 3 <= bytes.count {
      let triple = Int(bytes[at]) << 16 | Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])
      text.append(alphabet[triple >> 18])
      text.append(alphabet[triple >> 12 & 63])
      text.append(alphabet[triple >> 6 & 63])
      text.append(alphabet[triple & 63])
      at += 3
    }
    guard at < bytes.count else { return }
    let second = at + 1 < bytes.count ? Int(bytes[at + 1]) : nil
    let rest = Int(bytes[at]) << 16 | (second ?? 0) << 8
    text.append(alphabet[rest >> 18])
    text.append(alphabet[rest >> 12 & 63])
    if second != nil { text.append(alphabet[rest >> 6 & 63]) }
  }

  /// Nil for other characters, an impossible length, or left-over bits that are not 0.
  public static func decode(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count * 3 / 4)
    var (bits, count): (UInt32, UInt32) = (0, 0)
    for character in text.utf8 {
      let value = values[Int(character)]
      guard value != 0xFF else { return nil }
      (bits, count) = (bits << 6 | UInt32(value), count + 6)
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
      }
    }
    guard count < 6, bits & ((1 << count) - 1) == 0 else { return nil }
    return bytes
  }
}
