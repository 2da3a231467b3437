/// How values are written where some characters have a meaning.
enum Escaping {
  /// One part of a URL's path or query (RFC 3986 §2.3). A colon stays: it is allowed in both, and some providers have
  /// keys in paths that hold one.
  static func url(_ value: String) -> String { escaped(value, keeping: "-._~:", spaceAsPlus: false) }

  /// User or password before a URL's host.
  static func login(_ value: String) -> String { escaped(value, keeping: "-._~", spaceAsPlus: false) }

  /// A name or value of application/x-www-form-urlencoded (WHATWG URL §5.2).
  static func form(_ value: String) -> String { escaped(value, keeping: "-._*", spaceAsPlus: true) }

  private static func escaped(_ value: String, keeping kept: String, spaceAsPlus: Bool) -> String {
    var bytes: [UInt8] = []
    for byte in value.utf8 {
      if isAlphanumeric(byte) || kept.utf8.contains(byte) {
        bytes.append(byte)
      } else if byte == 32, spaceAsPlus {
        bytes.append(UInt8(ascii: "+"))
      } else {
        bytes += [UInt8(ascii: "%"), hexDigit(byte >> 4), hexDigit(byte & 15)]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
