// What the parser does through pointers, all of it, and every access checked.

extension [UInt8] {
  /// A copy of a part of a span.
  init(copying text: Span<UInt8>, _ range: Range<Int>) {
    self = unsafe text.extracting(range).withUnsafeBufferPointer { unsafe Array($0) }
  }
}

extension Span<UInt8> {
  /// Eight bytes from an offset on, the first one lowest.
  @inline(__always)
  func word(at offset: Int) -> UInt64 {
    UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// Whether a range is this word, letters in any case. The word is written in lower case.
  func isWord(_ range: Range<Int>, _ word: StaticString) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { letters in
      for offset in 0..<range.count {
        let letter = unsafe letters[offset]
        guard FieldText.lower(self[range.lowerBound + offset]) == letter else { return false }
      }
      return true
    }
  }
}
