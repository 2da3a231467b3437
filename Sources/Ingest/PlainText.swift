import Domain
import JSON

/// Values of a parsed text that are good as something and written plainly; nil for all others. Each is looked at where
/// it stands and copied once.
extension Swift.Span<UInt8> {
  /// A string of 1 to 128 such bytes, all of them ASCII; `common` ones must be among them.
  @inline(__always)
  func plain(_ value: TapeEntry, isPart: (UInt8) -> Bool) -> String? {
    guard let content = content(value), content.count <= EventText.identifierBytes else { return nil }
    var at = content.lowerBound
    while at < content.upperBound {
      let end = Swift.min(at &+ 8, content.upperBound)
      if EightBytes(self, at: at, end: content.upperBound).common != EightBytes.all {
        for byte in at..<end where !isPart(self[byte]) { return nil }
      }
      at = end
    }
    return string(content)
  }

  /// Types of the server's own are left to who explains.
  func plainType(_ value: TapeEntry) -> String? {
    guard let content = content(value), content.count <= EventText.typeBytes,
      EventText.isLetter(self[content.lowerBound]), let type = plain(value, isPart: EventText.isTypePart)
    else { return nil }
    for at in content where self[at] == UInt8(ascii: ".") {
      return EventText.ownPrefix(of: type) == nil ? type : nil
    }
    return type
  }

  /// `+` and eight to fifteen digits.
  func plainPhone(_ value: TapeEntry) -> String? {
    guard let content = content(value), (9...16).contains(content.count),
      self[content.lowerBound] == UInt8(ascii: "+"), self[content.lowerBound + 1] != UInt8(ascii: "0")
    else { return nil }
    for at in content.dropFirst() where !EventText.isDigit(self[at]) { return nil }
    return string(content)
  }

  /// Lower-case letters, digits and marks before one `@`; labels of letters and digits after it.
  func plainEmail(_ value: TapeEntry) -> String? {
    guard let content = content(value), content.count <= 64 else { return nil }
    var isDomain = false
    var dots = 0
    // In a domain only single dots and hyphens between letters; before it the same, for simplicity.
    var mayMark = content.lowerBound + 1
    var at = content.lowerBound
    while at < content.upperBound {
      var others = ~EightBytes(self, at: at, end: content.upperBound).lowerOrDigit & EightBytes.all
      while others != 0 {
        let mark = at &+ others.trailingZeroBitCount >> 3
        guard mark >= mayMark else { return nil }
        mayMark = mark &+ 2
        switch self[mark] {
        case UInt8(ascii: "-"): break
        case UInt8(ascii: "."): if isDomain { dots &+= 1 }
        case UInt8(ascii: "_"), UInt8(ascii: "+"): if isDomain { return nil }
        case UInt8(ascii: "@"):
          if isDomain { return nil }
          isDomain = true
        default: return nil
        }
        others &= others &- 1
      }
      at &+= 8
    }
    return isDomain && dots > 0 && mayMark <= content.upperBound ? string(content) : nil
  }

  func time(_ value: TapeEntry) -> Timestamp? {
    guard let content = content(value), content.count <= 64 else { return nil }
    return PlainTime.read(extracting(content)) ?? Timestamp(rfc3339: string(content))
  }

  func copy(_ range: Range<Int>) -> [UInt8] { extracting(range).withUnsafeBufferPointer { Array($0) } }

  private func string(_ range: Range<Int>) -> String {
    extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  }

  /// Where the bytes of a string stand that is neither empty nor escaped.
  private func content(_ value: TapeEntry) -> Range<Int>? {
    !value.isString || value.isEscaped || value.content.isEmpty ? nil : value.content
  }
}
