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

  static let start = JSONLocation(offset: 0, line: 1, column: 1)

  /// Cost: proportional to the offset.
  init(offset: Int, in text: Span<UInt8>) { self = Self.start.advanced(to: offset, in: text) }

  /// A later place of the same text. Cost: proportional to the bytes between them.
  func advanced(to offset: Int, in text: Span<UInt8>) -> JSONLocation {
    var (line, column) = (self.line, self.column)
    var at = self.offset
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
    return JSONLocation(offset: offset, line: line, column: column)
  }

  private static let markBytes = 1_024

  /// Places at even distances from the start on: `nearest(to:among:)` is never far. Cost: one walk through the text.
  static func marks(of text: Span<UInt8>) -> [JSONLocation] {
    var marks = [start]
    while let last = marks.last, last.offset + markBytes <= text.count {
      marks.append(last.advanced(to: last.offset + markBytes, in: text))
    }
    return marks
  }

  static func nearest(to offset: Int, among marks: [JSONLocation]) -> JSONLocation {
    marks[min(offset / markBytes, marks.count - 1)]
  }
}
