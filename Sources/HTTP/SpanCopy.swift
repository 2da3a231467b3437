extension [UInt8] {
  /// A copy of a part of a span.
  init(copying text: Span<UInt8>, _ range: Range<Int>) {
    self = text.extracting(range).withUnsafeBufferPointer { unsafe Array($0) }
  }
}
