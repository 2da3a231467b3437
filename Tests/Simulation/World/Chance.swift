import Seeds

/// All chance of a simulated world.
struct Chance: RandomNumberGenerator {
  private var numbers: Seeded

  /// Streams of one seed for different purposes do not disturb one another.
  init(_ seed: UInt64, for purpose: String) {
    numbers = Seeded(
      purpose.utf8.reduce(seed &* 0x9E37_79B9_7F4A_7C15 &+ 0xD1B5_4A32_D192_ED03) {
        ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3
      })
    _ = next()
  }

  mutating func next() -> UInt64 { numbers.next() }

  /// 0 ..< count; a count below 1 counts as 1.
  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(max(1, count))) }

  /// Both ends can come.
  mutating func between(_ low: Int64, _ high: Int64) -> Int64 {
    low + Int64(next() % UInt64(max(1, high - low + 1)))
  }

  /// So many times in a thousand.
  mutating func hits(_ perMille: Int) -> Bool { below(1000) < perMille }

  /// Of a list that is not empty.
  mutating func pick<T>(_ items: [T]) -> T { items[below(items.count)] }

  /// One decision by a hash of what it is about: the same whatever was decided before.
  static func hits(_ perMille: Int, _ seed: UInt64, for purpose: String) -> Bool {
    var chance = Chance(seed, for: purpose)
    return chance.hits(perMille)
  }
}
