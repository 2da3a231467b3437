/// Random numbers of the system's generator, drawn here and nowhere else.
enum Chance {
  static func bytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  static func number() -> UInt64 {
    var generator = SystemRandomNumberGenerator()
    return generator.next()
  }

  static func hex(_ byteCount: Int) -> String { Fingerprint.hex(bytes(byteCount)) }
}
