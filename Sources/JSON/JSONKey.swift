/// Keys of one object against each other: compared as decoded bytes, so `"a"` and `"\u0061"` are the same key.
enum JSONKey {
  /// Objects of at most this many keys are compared in pairs, larger ones through a table.
  private static let pairwiseKeys = 32

  /// Index of the first key that has stood in the object before. Cost: linear, whatever the keys are.
  static func firstDuplicate(in tape: Span<TapeEntry>, object: Int, _ keys: Int, _ text: Span<UInt8>) -> Int? {
    keys <= pairwiseKeys ? duplicateByPairs(tape, object, keys, text) : duplicateByTable(tape, object, keys, text)
  }

  /// Equal decoded bytes have equal fingerprints. Not a hash to build a table on: whoever sends keys can make them collide.
  @inline(__always)
  static func fingerprint(_ text: Span<UInt8>, _ start: Int, _ end: Int, escaped: Bool) -> UInt32 {
    escaped ? decodedFingerprint(text, start, end) : fingerprint(text, start, end)
  }

  @inline(never)
  private static func decodedFingerprint(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> UInt32 {
    var (first, last, count) = (UInt64(0), UInt64(0), 0)
    JSONText.decode(text, start, end) { byte in
      if count < 8 { first |= UInt64(byte) &<< UInt64(truncatingIfNeeded: count &* 8) }
      last = last &>> 8 | UInt64(byte) &<< 56
      count &+= 1
    }
    return fingerprint(first: first, last: last, count)
  }

  /// Of the first eight bytes and the last eight; of fewer the first ones alone.
  @inline(__always)
  private static func fingerprint(first: UInt64, last: UInt64, _ count: Int) -> UInt32 {
    var mixed = count < 8 ? first : first &* 0x9E37_79B9_7F4A_7C15 ^ last
    mixed = (mixed ^ UInt64(truncatingIfNeeded: count) &<< 56) &* 0xD6E8_FEB8_6659_FD93
    // Never the mark of a container without a container around it, and never a surprise in a signed conversion.
    return UInt32(truncatingIfNeeded: mixed >> 33)
  }

  @inline(__always)
  private static func fingerprint(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> UInt32 {
    let raw = text.bytes
    let count = end &- start
    precondition(start >= 0 && count >= 0 && end <= text.count)
    // Not checked again: the eight bytes are there, by the comparison before each.
    var (first, last) = (UInt64(0), UInt64(0))
    if count >= 8 {
      first = UInt64(littleEndian: unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self))
      last = UInt64(littleEndian: unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: end &- 8, as: UInt64.self))
    } else if start &+ 8 <= text.count {
      let word = UInt64(littleEndian: unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self))
      first = word & ~(UInt64.max &<< UInt64(truncatingIfNeeded: count &* 8))
    } else {
      for offset in 0..<count { first |= UInt64(text[start + offset]) << UInt64(offset * 8) }
    }
    return fingerprint(first: first, last: last, count)
  }

  /// A mask of 64 bits says for most keys at once that they are new; the others are compared with all before them.
  private static func duplicateByPairs(
    _ tape: Span<TapeEntry>, _ object: Int, _ keys: Int, _ text: Span<UInt8>
  ) -> Int? {
    var seen: UInt64 = 0
    var key = object + 1
    while key < tape.count {
      let bit: UInt64 = 1 << UInt64(tape[key].next & 63)
      if seen & bit != 0 {
        var earlier = object + 1
        while earlier < key {
          if tape[earlier].next == tape[key].next {
            // Different keys of one fingerprint come by malice alone: the table stays linear.
            return areEqual(tape[earlier], tape[key], text) ? key : duplicateByTable(tape, object, keys, text)
          }
          earlier = Int(tape[earlier + 1].next)
        }
      }
      seen |= bit
      key = Int(tape[key + 1].next)
    }
    return nil
  }

  /// Open addressing over the standard library's seeded hash: 10⁵ keys made to collide stay linear.
  private static func duplicateByTable(
    _ tape: Span<TapeEntry>, _ object: Int, _ keys: Int, _ text: Span<UInt8>
  ) -> Int? {
    var slots = 64
    while slots < keys * 2 { slots *= 2 }
    var table = [UInt32](repeating: 0, count: slots)
    var key = object + 1
    while key < tape.count {
      var slot = hash(tape[key], text) & (slots - 1)
      while table[slot] != 0 {
        if areEqual(tape[Int(table[slot])], tape[key], text) { return key }
        slot = (slot + 1) & (slots - 1)
      }
      table[slot] = UInt32(key)
      key = Int(tape[key + 1].next)
    }
    return nil
  }

  private static func hash(_ key: TapeEntry, _ text: Span<UInt8>) -> Int {
    var hasher = Hasher()
    let start = Int(key.start) + 1
    let end = Int(key.end) - 1
    if key.isEscaped {
      for byte in JSONText.decoded(text, start, end) { hasher.combine(byte) }
    } else {
      unsafe text.extracting(start..<end).withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
    return hasher.finalize()
  }

  private static func areEqual(_ one: TapeEntry, _ other: TapeEntry, _ text: Span<UInt8>) -> Bool {
    guard one.next == other.next else { return false }
    let first = (start: Int(one.start) + 1, end: Int(one.end) - 1)
    let second = (start: Int(other.start) + 1, end: Int(other.end) - 1)
    if one.isEscaped || other.isEscaped {
      return JSONText.decoded(text, first.start, first.end) == JSONText.decoded(text, second.start, second.end)
    }
    guard first.end - first.start == second.end - second.start else { return false }
    return JSONText.areEqual(text, first.start, text, second.start, first.end - first.start)
  }
}
