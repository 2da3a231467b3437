/// A place in a text.
public struct JSONLocation: Sendable, Hashable {
  /// Bytes before this place.
  public let offset: Int
  /// Counted from 1; a line ends with LF.
  public let line: Int
  /// Counted from 1, in code points.
  public let column: Int

  public init(offset: Int, line: Int, column: Int) {
    self.offset = offset
    self.line = line
    self.column = column
  }

  /// Cost: proportional to the offset.
  init(offset: Int, in text: Span<UInt8>) {
    var line = 1
    var column = 1
    var at = 0
    while at < offset && at < text.count {
      let byte = text[at]
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
      at += 1
    }
    self.init(offset: offset, line: line, column: column)
  }
}
