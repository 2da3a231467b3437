/// FNV-1a over everything a simulation has seen, in order.
struct TraceHash: Equatable, CustomStringConvertible {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ text: String) {
    for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    value = (value ^ 10) &* 0x0000_0100_0000_01B3
  }

  /// A word at a time.
  mutating func add(_ number: UInt64) {
    value = (value ^ number) &* 0x0000_0100_0000_01B3
    value ^= value >> 32
  }

  var description: String { String(value, radix: 16) }
}
