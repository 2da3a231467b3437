import Testing

@testable import Simulation

@Suite struct OracleTests {
  @Test("what runs of the fixed chain do is foretold for nearly all of them, on both ways and to every end")
  func foretells() throws {
    var found = Verdicts()
    for seed in UInt64(1)...6 {
      let world = World(seed: seed)
      try world.run()
      found.add(world.tally.verdicts)
    }
    #expect(found.entered > 60, "\(found)")
    #expect(found.bought > 5 && found.left > 5, "\(found)")
    #expect(found.bought + found.left == found.entered, "\(found)")
    #expect(found.excused * 20 < found.entered, "\(found)")
    #expect(found.heldOut > 0 && found.heldOut * 3 < found.entered, "\(found)")
    for end in ["sent", "skipped no_address", "skipped suppressed"] {
      #expect(found.ends[end, default: 0] > 3, "\(found)")
    }
  }

  @Test("two become one when the last of those between them did")
  func bonds() {
    var bonds = Bonds()
    bonds.add(1, into: 2, since: 10...10)
    bonds.add(3, into: 2, since: 20...30)
    #expect(bonds.since(1, 1) == 0...0)
    #expect(bonds.since(1, 2) == 10...10)
    #expect(bonds.since(3, 1) == 20...30)
    #expect(bonds.since(1, 4) == nil)
  }
}
