/// Pieces of a text: decoding what the parser has accepted, and words for what it has not.
enum JSONText {
  /// The bytes a string stands for. The range lies between the quotes and has been validated; anything else yields less, never a trap.
  static func decoded(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(end - start)
    decode(text, start, end) { bytes.append($0) }
    return bytes
  }

  /// The same byte by byte, for who need not keep them.
  @inline(__always)
  static func decode(_ text: Span<UInt8>, _ start: Int, _ end: Int, _ take: (UInt8) -> Void) {
    var at = start
    while at < end {
      guard text[at] == UInt8(ascii: "\\"), at + 1 < end else {
        take(text[at])
        at += 1
        continue
      }
      at = decodeEscape(text, at + 1, end, take)
    }
  }

  /// Behind a backslash. Returns the offset behind the escape.
  @inline(__always)
  private static func decodeEscape(_ text: Span<UInt8>, _ at: Int, _ end: Int, _ take: (UInt8) -> Void) -> Int {
    switch text[at] {
    case UInt8(ascii: "b"): take(0x08)
    case UInt8(ascii: "f"): take(0x0C)
    case UInt8(ascii: "n"): take(0x0A)
    case UInt8(ascii: "r"): take(0x0D)
    case UInt8(ascii: "t"): take(0x09)
    case UInt8(ascii: "u"):
      var code = unit(text, at + 1, end)
      var behind = at + 5
      if code & 0xFC00 == 0xD800 {
        code = 0x10000 + (code & 0x3FF) << 10 + (unit(text, behind + 2, end) & 0x3FF)
        behind += 6
      }
      if let scalar = Unicode.Scalar(code) { UTF8.encode(scalar)?.forEach(take) }
      return behind
    default: take(text[at])
    }
    return at + 1
  }

  private static func unit(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> UInt32 {
    var unit: UInt32 = 0
    for at in start..<(start + 4) where at < end {
      unit = unit << 4 | UInt32(hexDigit(text[at]) ?? 0)
    }
    return unit
  }

  static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
    default: nil
    }
  }

  /// Bytes of the UTF-8 sequence that starts here, 0 when it is none (RFC 3629 §4).
  static func utf8Length(_ text: Span<UInt8>, _ at: Int) -> Int {
    func continues(_ offset: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xBF) -> Bool {
      at + offset < text.count && text[at + offset] >= low && text[at + offset] <= high
    }
    let first = text[at]
    switch first {
    case 0x00...0x7F: return 1
    case 0xC2...0xDF: return continues(1) ? 2 : 0
    case 0xE0: return continues(1, 0xA0) && continues(2) ? 3 : 0
    case 0xED: return continues(1, 0x80, 0x9F) && continues(2) ? 3 : 0
    case 0xE1...0xEF: return continues(1) && continues(2) ? 3 : 0
    case 0xF0: return continues(1, 0x90) && continues(2) && continues(3) ? 4 : 0
    case 0xF4: return continues(1, 0x80, 0x8F) && continues(2) && continues(3) ? 4 : 0
    case 0xF1...0xF3: return continues(1) && continues(2) && continues(3) ? 4 : 0
    default: return 0
    }
  }

  /// Whether so many bytes from two offsets on are equal.
  static func areEqual(_ one: Span<UInt8>, _ start: Int, _ other: Span<UInt8>, _ otherStart: Int, _ count: Int) -> Bool
  {
    let (raw, otherRaw) = (one.bytes, other.bytes)
    var offset = 0
    while offset + 8 <= count {
      let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: start + offset, as: UInt64.self)
      let otherWord = unsafe otherRaw.unsafeLoadUnaligned(fromByteOffset: otherStart + offset, as: UInt64.self)
      if word != otherWord { return false }
      offset += 8
    }
    while offset < count {
      if one[start + offset] != other[otherStart + offset] { return false }
      offset += 1
    }
    return true
  }

  /// What stands at an offset, for an error.
  static func describe(_ text: Span<UInt8>, _ at: Int) -> String {
    guard at < text.count else { return "the end of the text" }
    let length = utf8Length(text, at)
    guard length > 0 else { return "the byte 0x" + hex(UInt32(text[at]), digits: 2) }
    let character = String(decoding: (at..<(at + length)).map { text[$0] }, as: UTF8.self)
    guard let scalar = character.unicodeScalars.first else { return "nothing" }
    if scalar == "\u{FEFF}" { return "a byte order mark" }
    return scalar.value <= 0x20 || scalar.value == 0x7F ? "U+" + hex(scalar.value, digits: 4) : "`\(character)`"
  }

  /// The start of a text, short enough for a line of an error.
  static func excerpt(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    return text.utf8.count <= 80 ? text : String(text.unicodeScalars.prefix(60)) + "…"
  }

  private static func hex(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
