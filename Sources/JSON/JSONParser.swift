/// Parses text after text onto one tape, whose storage serves again: for many small texts.
public struct JSONParser: Sendable {
  /// Of the text parsed last, once that has gone well: its outermost value stands first. What stands behind that
  /// value's end means nothing.
  public private(set) var tape = ContiguousArray<TapeEntry>()
  /// Whether that text has `\u0000` in a string or key.
  public private(set) var escapesNUL = false
  private let maxDepth: Int

  public init(limits: JSONLimits = JSONLimits()) {
    maxDepth = limits.maxDepth
  }

  /// Cost: about two nanoseconds a byte.
  public mutating func parse(_ text: Span<UInt8>) throws(JSONError) {
    var scanner = JSONScanner(maxDepth: maxDepth)
    try scanner.checkSize(text)
    // Of what is sent, some ten bytes a value or key.
    makeRoom(min(text.count / 10, 1 << 16) + 8)
    while try !scanOn(text, &scanner) { makeRoom(tape.count * 2) }
    escapesNUL = scanner.escapesNUL
  }

  private mutating func scanOn(_ text: Span<UInt8>, _ scanner: inout JSONScanner) throws(JSONError) -> Bool {
    var tape = tape.mutableSpan
    return try scanner.scan(text, onto: &tape)
  }

  private mutating func makeRoom(_ entries: Int) {
    guard tape.count < entries else { return }
    tape.append(contentsOf: repeatElement(.blank, count: entries - tape.count))
  }
}
