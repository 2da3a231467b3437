// A world in which the server lives: one disk and one clock that are moved by hand, clients, providers and mishaps, all
// from one seed and on one thread. The server's own parts are the real ones, down to SQLite; what stands around them
// here knows what was promised to whom. After every step the invariants are asked.

import Delivery
import Domain
import Engine
import Erasure
import Ingest
import SQL

/// One world from its first event until nothing is left to do.
final class World: @unchecked Sendable {
  // Unchecked: a simulation has one thread.
  static let path = "/zveno.sqlite"

  let seed: UInt64
  let weather: Weather
  let bug: PlantedBug
  let clock: SimulatedClock
  let disk: SimulatedDisk
  let vfs: SimulatedVFS
  let rules: Rules
  let provider: Provider
  let erased = Erased()
  /// Beside the disk, and durable.
  let journal = JournalInMemory()
  var shop = Shop()
  var timetable: Timetable
  var life: Life?
  var lives = 0
  var tally = Tally()
  private(set) var trace = TraceHash()
  /// What happened, for a person who replays a seed.
  private(set) var story: [String] = []
  /// Made with the first life that has a file to read.
  var invariants: Invariants?
  var fates: Chance
  let reactions: Reactions
  var calls = 0
  /// Claims that died with the process, for a bug that replays them.
  var lostClaims: [Claim] = []
  /// Hand-overs that were looked at.
  var seenHandOvers = 0
  /// When the server wants to be asked again, on the wall clock.
  var idleUntil: Int64?
  /// When it tries again what has failed, in the world's time.
  var retryAt: Int64?
  /// Somebody has told the writer that there is work.
  var isWoken = false
  /// Rounds that were lost one after another.
  var failures = 0
  /// What the last round that wrote has asked of the disk.
  var usualOperations = 20
  /// Rounds that one instant may take: more is a server that spins.
  let mostRounds: Int
  /// In a large world looking at everything takes long: so many rounds lie between two such looks.
  let roundsBetweenLooks: Int
  /// Hears of the world each time when its clock has moved.
  var watcher: (World) -> Void = { _ in }
  var isCalm = false
  private let tells: Bool
  private let birth: Int64

  /// - Parameter tells: keeps the story.
  init(seed: UInt64, weather: Weather, bug: PlantedBug = .none, script: Script, tells: Bool = false) {
    (self.seed, self.weather, self.bug, rules, self.tells) = (seed, weather, bug, script.rules, tells)
    mostRounds = 300 + 2 * script.size.contacts
    roundsBetweenLooks = script.size.contacts / 100 * 10
    birth = script.start
    clock = SimulatedClock(start: script.start)
    disk = SimulatedDisk(seed: seed)
    vfs = SimulatedVFS(disk)
    provider = Provider(seed: seed, weather: weather)
    fates = Chance(seed, for: "fates")
    reactions = Reactions(seed: seed)
    timetable = Timetable(script.happenings)
  }

  /// As `make test` lives through it.
  convenience init(seed: UInt64, tells: Bool = false) {
    let weather = Weather(seed: seed)
    self.init(
      seed: seed, weather: weather, script: Script(seed: seed, weather: weather, size: Seeds.size), tells: tells)
  }

  deinit {
    life?.end()
    invariants?.close()
  }

  /// Lives through the script and whatever comes of it; then everything is resumed and all must end.
  func run() throws {
    try start()
    try live()
    isCalm = true
    provider.isCalm = true
    disk.fault = nil
    for chain in Script.chains { call("resume \(chain)") { life, db, now in try Desk(life, db, now).resume(chain) } }
    try live()
    try invariants?.checkEnd(self)
    countWork()
    for line in try dump() { trace.add(line) }
    trace.add("\(disk.operations) operations, \(disk.trace)")
  }

  /// Lives, and says what was broken and when; nil: nothing.
  func failure() -> String? {
    do { try run() } catch {
      return "\(error) (\(Timestamp(milliseconds: clock.wall).rfc3339), round \(tally.rounds), life \(lives))"
    }
    return nil
  }

  func dump() throws -> [String] { try invariants?.dump() ?? [] }

  func tell(_ line: @autoclosure () -> String) {
    let line = line()
    trace.add(line)
    if tells { story.append(Timestamp(milliseconds: clock.wall).rfc3339 + " " + line) }
  }

  // MARK: - Time

  /// How many days the world is old.
  var day: Int64 { (clock.time - birth) / 86_400_000 }

  private func live() throws {
    repeat {
      try settle()
      guard let next = nextMoment() else { return }
      if next > clock.time { clock.move(to: next) }
      watcher(self)
      for happening in timetable.take(through: clock.time) { try perform(happening) }
    } while true
  }

  /// Nil when nothing will ever happen again.
  private func nextMoment() -> Int64? {
    guard life != nil else { return timetable.next }
    return [timetable.next, idleUntil.map { clock.time(ofWall: $0) }, retryAt].compactMap { $0 }.min()
  }

  private func perform(_ happening: Happening) throws {
    switch happening {
    case .call(let call): submit(call)
    case .answer(let number): answer(number)
    case .start: try start()
    case .setClock(let step):
      clock.step(by: step)
      tell("the wall clock is set by \(step)")
    case .healDisk:
      disk.fault = nil
      tell("the disk is well again")
    }
  }
}
