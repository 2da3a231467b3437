/// One node of the tape, 16 bytes. An object is followed by key, value, key, value …; an array by its values.
struct TapeEntry: Sendable {
  /// Offset of the first byte, quotes and brackets included.
  var start: UInt32
  /// Offset behind the last byte.
  var end: UInt32
  /// Index behind this node and all in it. While a container is open: the index of the container around it.
  /// In a key: the fingerprint of its decoded bytes (the value always stands right behind its key).
  var next: UInt32
  /// Kind in the low three bits, then whether a string has escapes, then the number of children.
  private var info: UInt32

  private static let escapedBit: UInt32 = 8
  private static let oneChild: UInt32 = 16

  init(kind: JSONNode.Kind, start: Int, end: Int, next: Int, escaped: Bool = false) {
    self.start = UInt32(truncatingIfNeeded: start)
    self.end = UInt32(truncatingIfNeeded: end)
    self.next = UInt32(truncatingIfNeeded: next)
    info = UInt32(kind.rawValue) | (escaped ? Self.escapedBit : 0)
  }

  var kind: JSONNode.Kind { JSONNode.Kind(rawValue: UInt8(info & 7)) ?? .null }
  var isEscaped: Bool { info & Self.escapedBit != 0 }
  /// Values of an array, members of an object.
  var children: Int { Int(info >> 4) }

  mutating func addChild() { info &+= Self.oneChild }
}
