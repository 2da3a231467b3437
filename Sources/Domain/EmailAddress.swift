/// An e-mail address in the one form in which addresses are kept and compared: lower case, without a name around it.
/// A dot-atom before the `@` (RFC 5321 §4.1.2) and a domain of two labels or more after it; letters beyond ASCII are
/// taken (RFC 6531), quoted local parts and address literals are not: what shops hold of these are slips.
public struct EmailAddress: Sendable, Hashable {
  public let text: String

  static let maxBytes = 254
  static let maxLocalBytes = 64
  static let maxLabelBytes = 63

  public init?(_ raw: String) {
    guard raw.utf8.count <= Self.maxBytes, raw.unicodeScalars.allSatisfy(Self.isVisible) else { return nil }
    let parts = raw.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2, Self.isLocalPart(parts[0]), Self.isDomain(parts[1]) else { return nil }
    text = raw.lowercased()
  }

  public static let hint = "one address without a name: \"ann@shop.example\""

  /// Blanks, controls and marks of direction beyond ASCII pass for letters below, so they are caught here.
  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value > 0x20 && scalar.value < 0x7F }
    return switch scalar.properties.generalCategory {
    case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
    default: true
    }
  }

  private static func isLocalPart(_ bytes: Substring.UTF8View) -> Bool {
    guard bytes.count <= maxLocalBytes else { return false }
    return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { atom in
      !atom.isEmpty && atom.allSatisfy { isLetterOrDigit($0) || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
    }
  }

  private static func isDomain(_ bytes: Substring.UTF8View) -> Bool {
    let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let hyphen = UInt8(ascii: "-")
    return labels.count >= 2
      && labels.allSatisfy { label in
        !label.isEmpty && label.count <= maxLabelBytes && label.first != hyphen && label.last != hyphen
          && label.allSatisfy { isLetterOrDigit($0) || $0 == hyphen }
      }
  }

  /// Bytes of characters beyond ASCII count as letters.
  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...: true
    default: false
    }
  }
}
