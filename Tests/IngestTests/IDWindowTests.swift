import Testing

@testable import Ingest

@Suite struct IDWindowTests {
  @Test("two ids with one fingerprint are both found, each in its own place")
  func collision() {
    var window = IDWindow()
    for seq in Int64(1)...5 { window.insert(7, seq) }
    for seq in Int64(1)...5 { #expect(window.find(7) { $0 == seq } == seq) }
    #expect(window.find(7) { _ in false } == nil)
    #expect(window.find(8) { _ in true } == nil)
  }

  @Test("taking out goes back to any mark and keeps all that was there, over growth and collisions")
  func rollBack() {
    var window = IDWindow()
    // Few fingerprints at the table's end: long chains that wrap around.
    func fingerprint(_ seq: Int64) -> UInt32 { UInt32.max - UInt32(seq % 700) }
    for seq in Int64(1)...400 { window.insert(fingerprint(seq), seq) }
    window.committed()
    let mark = window.freshCount
    for seq in Int64(401)...3_000 { window.insert(fingerprint(seq), seq) }
    window.rollBack(to: mark)
    #expect(window.count == 400)
    for seq in Int64(1)...400 { #expect(window.find(fingerprint(seq)) { $0 == seq } == seq) }
    #expect(window.find(fingerprint(401)) { $0 > 400 } == nil)
  }

  @Test("what has left the window is found no more, and its room is used again")
  func forget() {
    var window = IDWindow()
    for seq in Int64(1)...200_000 {
      window.insert(UInt32(truncatingIfNeeded: seq &* 2_654_435_761), seq)
      window.committed()
      window.forget(before: seq - 500)
    }
    #expect(window.capacity <= 2_048)
    #expect(window.find(UInt32(truncatingIfNeeded: 199_000 &* 2_654_435_761)) { $0 == 199_000 } == nil)
    #expect(window.find(UInt32(truncatingIfNeeded: 199_900 &* 2_654_435_761)) { $0 == 199_900 } == 199_900)
  }

  @Test("fingerprints of like ids are spread, and depend on the seed")
  func hash() {
    func print(_ text: String, _ seed: UInt64) -> UInt32 { Array(text.utf8).withUnsafeBytes { IDHash(seed: seed)($0) } }
    let prints = Set((0..<100_000).map { print("order-\($0)", 1) })
    #expect(prints.count > 99_980)
    #expect(Set((0..<1_000).map { print("order-\($0)", 1) >> 22 }).count > 500)
    #expect(print("a", 1) != print("a", 2))
    #expect(print("", 1) != print("\0", 1))
  }
}
