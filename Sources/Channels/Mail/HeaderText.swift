/// Text that may stand in a mail or HTTP header: it cannot hold CR, LF, NUL or any other control character, so no value
/// that reaches a header can start another one.
struct HeaderText: Sendable, Hashable {
  let text: String

  /// Nil when a control character is in it: for text whose author can be told.
  init?(_ text: String) {
    guard !text.unicodeScalars.contains(where: Self.isControl) else { return nil }
    self.text = text
  }

  /// For text that comes with a contact: each run of control characters and spaces becomes one space, none is left at
  /// the ends.
  init(cleaning text: String) {
    if Self.isClean(text) {
      self.text = text
      return
    }
    let words = text.unicodeScalars.split { $0 == " " || Self.isControl($0) }
    self.text = words.map { String(Substring($0)) }.joined(separator: " ")
  }

  /// Whether there is nothing to do: ASCII in which no space stands beside another or at an end.
  private static func isClean(_ text: String) -> Bool {
    var before: UInt8 = 32
    for byte in text.utf8 {
      guard byte > 32 || byte == 32 && before != 32, byte < 127 else { return false }
      before = byte
    }
    return before != 32 || text.isEmpty
  }

  private init(unchecked text: String) { self.text = text }

  /// The first `count` characters.
  func prefix(_ count: Int) -> HeaderText { HeaderText(unchecked: String(text.prefix(count))) }

  var isEmpty: Bool { text.isEmpty }

  /// C0, DEL, C1, and the two separators that some readers take for line ends.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: true
    default: false
    }
  }
}
