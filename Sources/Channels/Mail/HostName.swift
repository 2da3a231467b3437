import Foundation

/// Domain names as DNS and SMTP take them: ASCII labels, international ones in Punycode (RFC 3492, RFC 5891 §4.4).
enum HostName {
  static let maxBytes = 253
  static let maxLabelBytes = 63

  /// Lower case and ASCII, or nil for what no domain can be: empty labels, spaces, controls, brackets, symbols.
  static func ascii(_ name: String) -> String? {
    guard !name.isEmpty, name.utf8.count <= 4 * maxBytes else { return nil }
    if let plain = plain(name) { return plain }
    // The full stops of Chinese and Japanese keyboards count as dots (RFC 3490 §3.1); letters compare composed (NFC).
    let composed = name.utf8.allSatisfy { $0 < 0x80 } ? name : name.precomposedStringWithCanonicalMapping
    let labels = composed.lowercased().unicodeScalars.split(omittingEmptySubsequences: false) {
      [".", "\u{3002}", "\u{FF0E}", "\u{FF61}"].contains($0)
    }
    var encoded: [String] = []
    for label in labels {
      guard let label = asciiLabel(Array(label)) else { return nil }
      encoded.append(label)
    }
    let result = encoded.joined(separator: ".")
    return result.utf8.count <= maxBytes ? result : nil
  }

  /// What most names are: letters, digits and hyphens, in lower case already. Nil: a closer look is needed.
  private static func plain(_ name: String) -> String? {
    var label = 0
    var before = UInt8(ascii: ".")
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): label += 1
      case UInt8(ascii: "-") where before != UInt8(ascii: "."): label += 1
      case UInt8(ascii: ".") where before != UInt8(ascii: ".") && before != UInt8(ascii: "-"): label = 0
      default: return nil
      }
      guard label <= maxLabelBytes else { return nil }
      before = byte
    }
    let endsWell = before != UInt8(ascii: ".") && before != UInt8(ascii: "-")
    return endsWell && name.utf8.count <= maxBytes ? name : nil
  }

  private static func asciiLabel(_ label: [Unicode.Scalar]) -> String? {
    guard !label.isEmpty, label.first != "-", label.last != "-", label.allSatisfy(isAllowed) else { return nil }
    let isASCII = label.allSatisfy(\.isASCII)
    guard let text = isASCII ? String(String.UnicodeScalarView(label)) : punycode(label).map({ "xn--" + $0 }),
      text.utf8.count <= maxLabelBytes
    else { return nil }
    return text
  }

  /// Letters, digits, marks and hyphens; an underscore too, which some real mail hosts have.
  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "-" || scalar == "_" { return true }
    switch scalar.properties.generalCategory {
    case .lowercaseLetter, .otherLetter, .modifierLetter, .decimalNumber, .nonspacingMark, .spacingMark: return true
    default: return false
    }
  }

  /// RFC 3492 §6.3, with its parameters for host names (§5). Nil when a number would overflow.
  private static func punycode(_ label: [Unicode.Scalar]) -> String? {
    let basic = label.filter(\.isASCII)
    var output = String(String.UnicodeScalarView(basic)) + (basic.isEmpty ? "" : "-")
    var (code, delta, bias, handled) = (UInt32(128), UInt32(0), UInt32(72), UInt32(basic.count))
    while handled < label.count {
      guard let next = label.map(\.value).filter({ $0 >= code }).min() else { return nil }
      let (step, overflow) = (next - code).multipliedReportingOverflow(by: handled + 1)
      if overflow || step > .max - delta { return nil }
      delta += step
      code = next
      for scalar in label {
        if scalar.value < code { delta += 1 }
        guard scalar.value == code else { continue }
        output += variableLength(delta, bias: bias)
        bias = adapted(delta, count: handled + 1, isFirst: handled == basic.count)
        delta = 0
        handled += 1
      }
      delta += 1
      code += 1
    }
    return output
  }

  private static func variableLength(_ number: UInt32, bias: UInt32) -> String {
    let digits = Array("abcdefghijklmnopqrstuvwxyz0123456789")
    var (rest, position, text) = (number, UInt32(36), "")
    while true {
      let threshold = position <= bias ? 1 : min(26, position - bias)
      if rest < threshold { return text + String(digits[Int(rest)]) }
      text.append(digits[Int(threshold + (rest - threshold) % (36 - threshold))])
      rest = (rest - threshold) / (36 - threshold)
      position += 36
    }
  }

  private static func adapted(_ delta: UInt32, count: UInt32, isFirst: Bool) -> UInt32 {
    var rest = isFirst ? delta / 700 : delta / 2
    rest += rest / count
    var position: UInt32 = 0
    while rest > 455 {
      rest /= 35
      position += 36
    }
    return position + 36 * rest / (rest + 38)
  }
}
