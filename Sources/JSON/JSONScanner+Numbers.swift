/// Numbers: RFC 8259 §6. Only looked over here; the text stays what it is.
extension JSONScanner {
  /// At a minus or a digit; ends behind the number.
  mutating func number(_ text: Span<UInt8>) throws(JSONError) {
    if text[at] == UInt8(ascii: "-") { at += 1 }
    if at < text.count, text[at] == UInt8(ascii: "0") {
      at += 1
      guard !isDigit(text) else { throw unexpected(text, expected: "no digit after a leading zero") }
    } else {
      try digits(text)
    }
    guard at < text.count else { return }
    if text[at] == UInt8(ascii: ".") {
      at += 1
      try digits(text)
    }
    if at < text.count, text[at] | 0x20 == UInt8(ascii: "e") { try exponent(text) }
  }

  private mutating func exponent(_ text: Span<UInt8>) throws(JSONError) {
    let start = at
    at += 1
    if at < text.count, text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") { at += 1 }
    var value = 0
    guard isDigit(text) else { throw unexpected(text, expected: "a digit") }
    while isDigit(text) {
      value = min(value * 10 + Int(text[at] & 0x0F), JSONLimits.maxExponent + 1)
      at += 1
    }
    guard value <= JSONLimits.maxExponent else {
      at = start
      throw fail(text, expected: "an exponent of at most \(JSONLimits.maxExponent)", got: "a larger one")
    }
  }

  private mutating func digits(_ text: Span<UInt8>) throws(JSONError) {
    guard isDigit(text) else { throw unexpected(text, expected: "a digit") }
    while isDigit(text) { at += 1 }
  }

  private func isDigit(_ text: Span<UInt8>) -> Bool {
    at < text.count && text[at] &- UInt8(ascii: "0") < 10
  }
}
