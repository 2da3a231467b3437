import Domain
import SQL
import Testing

@testable import Rehearsal
@testable import Simulation

@Suite("A rehearsal of what was lived")
struct RehearsalPropertyTests {
  @Test("rehearsing a chain on the past it lived through gives exactly what it did", arguments: Seeds.some(20))
  func same(seed: UInt64) throws { try check(seed, try Lived(seed: seed, events: 60)) }

  @Test("and so it does where other chains want the same slots of the caps", arguments: Seeds.some(20))
  func sameWithCaps(seed: UInt64) throws {
    let caps = [FrequencyCap(channels: ["email", "sms", "call"], limit: 1, per: Span(days: 3))]
    try check(seed, try Lived(seed: seed, events: 60, caps: caps))
  }

  private func check(_ seed: UInt64, _ lived: Lived) throws {
    let run = try lived.rehearse()
    let (was, rehearsed) = (try Lived.story(lived.world.db), try Lived.story(run.world.db, ownFrom: 1 << 40))
    if was != rehearsed {
      let difference = zip(was + ["end"], rehearsed + ["end"]).first { $0 != $1 }
      Issue.record(
        "seed \(seed): lived \(difference?.0 ?? "more"), rehearsed \(difference?.1 ?? "more")\n\(lived.document)")
    }
  }
}
