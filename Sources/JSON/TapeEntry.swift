/// One node of a parser's tape, 16 bytes. An object is followed by key, value, key, value …; an array by its values.
public struct TapeEntry: Sendable {
  /// Offset of the first byte, quotes and brackets included.
  public let start: UInt32
  /// Offset behind the last byte.
  public internal(set) var end: UInt32
  /// Index behind this node and all in it. While a container is open: the index of the container around it.
  /// In a key: the fingerprint of its decoded bytes (the value always stands right behind its key).
  public internal(set) var next: UInt32
  /// Kind in the low three bits, then whether a string has escapes, then the number of children.
  @usableFromInline var info: UInt32

  @inlinable static var escapedBit: UInt32 { 8 }
  @inlinable static var childrenShift: UInt32 { 4 }

  init(kind: JSONNode.Kind, start: Int, end: Int, next: Int, escaped: Bool = false) {
    self.start = UInt32(truncatingIfNeeded: start)
    self.end = UInt32(truncatingIfNeeded: end)
    self.next = UInt32(truncatingIfNeeded: next)
    info = UInt32(kind.rawValue) | (escaped ? Self.escapedBit : 0)
  }

  static let blank = TapeEntry(kind: .null, start: 0, end: 0, next: 0)

  /// Where these are asked for thousands of times, a comparison with `kind` would be a call each.
  @inlinable public var isNull: Bool { info & 7 == 0 }
  @inlinable public var isString: Bool { info & 7 == 3 }
  @inlinable public var isObject: Bool { info & 7 == 5 }

  public var kind: JSONNode.Kind { JSONNode.Kind(rawValue: UInt8(info & 7)) ?? .null }
  /// Of a string or key: whether it stands for other bytes than it is written with.
  @inlinable public var isEscaped: Bool { info & Self.escapedBit != 0 }
  /// Values of an array, members of an object.
  @inlinable public internal(set) var children: Int {
    get { Int(info >> Self.childrenShift) }
    set { info = info & 15 | UInt32(truncatingIfNeeded: newValue) << Self.childrenShift }
  }

  /// Offsets of what stands between the quotes of a string or key.
  @inlinable public var content: Range<Int> { Int(start) + 1..<Int(end) - 1 }
  /// Offsets of the whole value, quotes and brackets included.
  @inlinable public var range: Range<Int> { Int(start)..<Int(end) }

  /// What a string or key of that text stands for.
  public func decoded(in text: Span<UInt8>) -> [UInt8] {
    JSONText.decoded(text, content.lowerBound, content.upperBound)
  }
}
