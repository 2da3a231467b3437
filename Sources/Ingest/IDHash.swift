/// The fingerprint of an event's id: 32 bits, never 0, the same in every process with the same seed, so that it can be kept.
struct IDHash: Sendable {
  // Fractional bits of the golden ratio and of pi: odd constants without a pattern.
  private static let golden: UInt64 = 0x9E37_79B9_7F4A_7C15
  private static let pi: UInt64 = 0x243F_6A88_85A3_08D3

  let seed: UInt64

  init(seed: UInt64) { self.seed = seed }

  /// Eight bytes at a time, each folded in by the two halves of a product of 128 bits.
  func callAsFunction(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var hash = seed ^ UInt64(truncatingIfNeeded: bytes.count)
    var at = 0
    while at + 8 <= bytes.count {
      hash = IDHash.fold(hash ^ bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self), IDHash.golden)
      at += 8
    }
    var rest: UInt64 = 0
    while at < bytes.count {
      rest = rest << 8 | UInt64(bytes[at])
      at += 1
    }
    hash = IDHash.fold(IDHash.fold(hash ^ rest, IDHash.pi) ^ IDHash.golden, IDHash.golden)
    // 0 is kept for events without an id.
    return max(1, UInt32(truncatingIfNeeded: hash >> 32))
  }

  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }
}
