import Domain
import JSON

/// Values of a parsed text that are good as something; nil for all others. Each is looked at where it stands and copied
/// once, unless it is escaped or written in an uncommon way.
extension Swift.Span<UInt8> {
  func identifier(_ value: TapeEntry) -> String? {
    read(value) { text, content in
      guard let id = text.plain(content, isPart: EventText.isIdentifierPart), !EventText.isDots(id) else { return nil }
      return id
    }
  }

  /// Not one of the server's own.
  func type(_ value: TapeEntry) -> String? {
    read(value) { text, content in
      guard content.count <= EventText.typeBytes, EventText.isLetter(text[content.lowerBound]),
        let type = text.plain(content, isPart: EventText.isTypePart)
      else { return nil }
      for at in content where text[at] == UInt8(ascii: ".") {
        return EventText.ownPrefix(of: type) == nil ? type : nil
      }
      return type
    }
  }

  func anonymousID(_ value: TapeEntry) -> String? {
    read(value) { text, content in text.plain(content) { $0 > 0x1F && $0 != 0x7F } }
  }

  func email(_ value: TapeEntry) -> String? {
    read(value) { text, content in text.plainEmail(content) ?? EmailAddress(text.string(content))?.text }
  }

  func phone(_ value: TapeEntry) -> String? {
    read(value) { text, content in text.plainPhone(content) ?? PhoneNumber(text.string(content))?.text }
  }

  func time(_ value: TapeEntry) -> Timestamp? {
    read(value) { text, content in content.count <= 64 ? Timestamp(rfc3339: text.extracting(content)) : nil }
  }

  func copy(_ range: Range<Int>) -> [UInt8] { extracting(range).withUnsafeBufferPointer { Array($0) } }

  /// Reads what a string or key stands for, as a place in this text or in another; nil where it is none or empty.
  @inline(__always)
  func read<Read>(_ value: TapeEntry, _ read: (Swift.Span<UInt8>, Range<Int>) -> Read?) -> Read? {
    guard value.isString, !value.content.isEmpty else { return nil }
    guard value.isEscaped else { return read(self, value.content) }
    let decoded = value.decoded(in: self)
    return read(decoded.span, decoded.indices)
  }

  /// At most 128 such bytes; `common` ones must be among them.
  @inline(__always)
  private func plain(_ content: Range<Int>, isPart: (UInt8) -> Bool) -> String? {
    guard content.count <= EventText.identifierBytes else { return nil }
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

  /// `+` and eight to fifteen digits.
  private func plainPhone(_ content: Range<Int>) -> String? {
    guard (9...16).contains(content.count), self[content.lowerBound] == UInt8(ascii: "+"),
      self[content.lowerBound + 1] != UInt8(ascii: "0")
    else { return nil }
    for at in content.dropFirst() where !EventText.isDigit(self[at]) { return nil }
    return string(content)
  }

  /// Letters, digits and some marks before one `@`; labels of letters, digits and hyphens after it.
  private func plainEmail(_ content: Range<Int>) -> String? {
    guard content.count <= 64 else { return nil }
    var isDomain = false
    var isLower = true
    var dots = 0
    // Of the atom or label.
    var start = content.lowerBound
    var mayEnd = start &+ 1
    var at = content.lowerBound
    while at < content.upperBound {
      let bytes = EightBytes(self, at: at, end: content.upperBound)
      if bytes.upper != 0 { isLower = false }
      var others = ~(bytes.lowerOrDigit | bytes.upper) & EightBytes.all
      while others != 0 {
        let mark = at &+ others.trailingZeroBitCount >> 3
        others &= others &- 1
        switch self[mark] {
        case UInt8(ascii: "."), UInt8(ascii: "@"):
          guard mark >= mayEnd else { return nil }
          if isDomain { dots &+= 1 }
          if self[mark] == UInt8(ascii: "@") {
            if isDomain { return nil }
            isDomain = true
          }
          start = mark &+ 1
          mayEnd = start &+ 1
        case UInt8(ascii: "-") where isDomain:
          guard mark > start else { return nil }
          mayEnd = mark &+ 2
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "'"): if isDomain { return nil }
        default: return nil
        }
      }
      at &+= 8
    }
    guard isDomain, dots > 0, mayEnd <= content.upperBound else { return nil }
    return isLower ? string(content) : string(content).lowercased()
  }

  private func string(_ range: Range<Int>) -> String {
    extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  }
}
