import Foundation
import Seeds
import Testing

/// `kill -9` at any moment, again and again, on one data folder, while retention deletes what is a week old.
///
/// `ZVENO_AXE_ROUNDS=500` kills that often, `ZVENO_AXE_LIFE=3000` at the latest after so many milliseconds (`make axe`
/// does both, and takes the release binary), `ZVENO_AXE_SEED=17` takes that seed.
@Suite("The axe", .onItsOwnThread)
struct AxeTests {
  private let rounds = Knob.number("ZVENO_AXE_ROUNDS") ?? 20
  private let longestLife = Knob.number("ZVENO_AXE_LIFE") ?? 1500
  private let seed = Knob.number("ZVENO_AXE_SEED").map(UInt64.init) ?? UInt64.random(in: 0...999_999)

  @Test("killed at any moment under load, it loses nothing acknowledged and sends nothing twice")
  func axe() throws {
    print("the axe: \(rounds) rounds, seed \(seed)")
    var chance = Seeded(seed)
    let world = try AxeWorld(clock: WallClock.isPossible ? WallClock() : nil)
    world.shop.killHard()
    var notes = BooksWatch.Notes()
    var day = 0
    for round in 1...rounds { notes += try strike(round, &chance, world, &day) }
    try world.verify()
    try world.open()
    try world.settle()
    let unknown = try world.shop.everyMessage("&status=unknown").count
    try world.check()
    let deleted = try Books(world.shop.dataPath + "/zveno.sqlite").deleted()
    let (events, letters) = (world.book.acknowledged.count, try world.taken().count)
    print(
      "the axe: \(events) events acknowledged, \(letters) letters taken, \(unknown) messages unknown, "
        + "\(deleted.events) events and \(deleted.messages) messages deleted, \(notes.scrapes) scrapes, "
        + "\(notes.busy) of them with messages pending"
    )
    #expect(events > rounds * 10 && letters > rounds * 2, "hardly any load: seed \(seed)")
    if WallClock.isPossible, day > 10 { #expect(deleted.events > 0 && deleted.messages > 0, "seed \(seed)") }
    #expect(notes.scrapes > rounds && notes.busy > 0, "hardly ever looked at: seed \(seed)")
  }

  /// One life: from a start until a moment that chance chooses, in one of four lives before it may even listen.
  /// - Returns: what `/metrics` said meanwhile.
  private func strike(_ round: Int, _ chance: inout Seeded, _ world: AxeWorld, _ day: inout Int) throws
    -> BooksWatch.Notes
  {
    let inStart = chance.oneIn(4)
    let milliseconds = Int.random(in: 50...(inStart ? 500 : longestLife), using: &chance)
    let place = "round \(round) of seed \(seed)"
    if !inStart {
      day += 1
      try world.turnDay(day)
    }
    let zveno = try world.launch()
    let loadSeed = chance.next()
    if !inStart { try zveno.awaitReady() }
    let watch = zveno.port == 0 ? nil : BooksWatch(port: zveno.port)
    let load = zveno.port == 0 ? nil : try world.load("\(round)", seed: loadSeed, isHurried: true)
    let end = zveno.end(seconds: Double(milliseconds) / 1000)
    #expect(end == nil, "it ended by itself, \(place): \(zveno.written)")
    world.shop.killHard()
    load?.end()
    let notes = watch?.end() ?? BooksWatch.Notes()
    #expect(
      notes.faults.isEmpty, "\(notes.faults.count) of \(notes.scrapes) scrapes, \(place): \(notes.faults.prefix(3))")
    return notes
  }
}
