// A world in which the server lives: one file on a real disk, a clock that is moved by hand, clients, providers, and
// mishaps, all from one seed and on one thread. The server's own parts are the real ones; what stands around them here
// knows what was promised to whom. After every step the invariants are asked.

import Delivery
import Domain
import Engine
import Foundation
import Ingest
import JSON
import Migrations
import SQL

/// One world from its first event until nothing is left to do.
final class World: @unchecked Sendable {
  // Unchecked: a simulation has one thread.
  let seed: UInt64
  let weather: Weather
  let bug: PlantedBug
  let clock: SimulatedClock
  let rules: Rules
  let provider: Provider
  let path: String
  var shop = Shop()
  var timetable = Timetable()
  private(set) var life: Life?
  private(set) var lives = 0
  private(set) var crashes = 0
  private(set) var rounds = 0
  private(set) var trace = TraceHash()
  /// What happened, for a person who replays a seed.
  private(set) var story: [String] = []
  private let folder: String
  private let reader: Connection
  private let invariants: Invariants
  private var fates: Chance
  private var reactions: Reactions
  private var calls = 0
  /// Claims that died with the process, for a bug that replays them.
  private var lostClaims: [Claim] = []
  /// When the server wants to be asked again, on the wall clock.
  private var idleUntil: Int64?
  /// When it tries again what has failed, in the world's time.
  private var retryAt: Int64?
  private var isCalm = false

  /// Rounds that one instant may take: more is a server that spins.
  private static let mostRounds = 300

  init(seed: UInt64, weather: Weather, bug: PlantedBug = .none, script: Script) throws {
    (self.seed, self.weather, self.bug, rules) = (seed, weather, bug, script.rules)
    clock = SimulatedClock(start: script.start)
    provider = Provider(seed: seed, weather: weather)
    fates = Chance(seed, for: "fates")
    reactions = Reactions(seed: seed)
    folder = NSTemporaryDirectory() + "zveno-world-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    path = folder + "/zveno.sqlite"
    let settings = Connection.Settings(durability: .off, busyMilliseconds: 0)
    try Migrator(Migrations.all).migrate(try Connection(path: path, mode: .writer, settings: settings))
    reader = try Connection(path: path, mode: .reader)
    invariants = Invariants(reader, rules: rules)
    for (time, happening) in script.happenings { timetable.add(happening, at: time) }
  }

  deinit {
    life?.end()
    reader.close()
    try? FileManager.default.removeItem(atPath: folder)
  }

  // MARK: - Time

  /// Lives through the script and whatever comes of it; then everything is resumed and all must end.
  func run() throws {
    try start()
    try live()
    isCalm = true
    provider.isCalm = true
    for chain in Script.chains { call("resume \(chain)") { life, db, now in try Desk(life, db, now).resume(chain) } }
    try live()
    try invariants.checkEnd(self)
    for line in try invariants.dump() { trace.add(line) }
  }

  func dump() throws -> [String] { try invariants.dump() }

  private func tell(_ line: String) {
    trace.add(line)
    if Seeds.isReplay { story.append(Timestamp(milliseconds: clock.wall).rfc3339 + " " + line) }
  }

  private func live() throws {
    repeat {
      try settle()
      guard let next = nextMoment() else { return }
      if next > clock.time { clock.move(to: next) }
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
    case .setClock(let step): clock.step(by: step)
    }
  }

  // MARK: - The process

  private func start() throws {
    guard life == nil else { return }
    lives += 1
    tell("start \(lives) at \(clock.time)")
    let number = lives
    let dispatch = SimulatedDispatch(isTrustful: bug.trustsProviders) { [unowned self] claim in
      Chance.hits(500, seed, for: "survives \(claim.message) \(claim.attempt) \(number)")
    } receive: { [unowned self] claim in
      receive(claim)
    }
    let life = try Life(
      number: number, path: path, clock: clock, rules: rules, slice: weather.slice, bug: bug, dispatch: dispatch)
    life.retryAsked = { [unowned self] message in
      let after = provider.handOvers(of: message).count
      provider.retriesAsked.insert(Provider.Allowance(message: message, after: after))
    }
    self.life = life
    (idleUntil, retryAt) = (nil, nil)
    if bug.replaysClaims, !lostClaims.isEmpty { dispatch.handOver(lostClaims) }
    lostClaims = []
    for call in shop.takeUnanswered() where call.isPatient && !givesUp(call) { submit(call) }
  }

  private func givesUp(_ call: Call) -> Bool {
    guard case .events = call.body else { return false }
    return Chance.hits(weather.clientsGivingUp, seed, for: "gives up \(call.number) \(lives)")
  }

  private func die() {
    guard let life else { return }
    crashes += 1
    tell("kill at \(clock.time)")
    lostClaims = provider.open(inLife: life.number).map(\.claim)
    life.end()
    self.life = nil
    let isOutage = fates.hits(weather.outages)
    timetable.add(.start, at: clock.time + (isOutage ? fates.between(60_000, 36 * 3_600_000) : 0))
  }

  // MARK: - Rounds

  /// Rounds until the server says that it has no more to do now.
  private func settle() throws {
    var rounds = 0
    while life != nil {
      guard try round() else { break }
      rounds += 1
      guard rounds < Self.mostRounds else {
        throw Violation("an instant ends", "\(rounds) rounds at \(clock.time) and still more to do")
      }
    }
    guard let life else { return }
    try invariants.checkRest(self, life)
    if let idleUntil, idleUntil <= clock.wall {
      throw Violation("an instant ends", "idle until \(idleUntil), which is not after \(clock.wall)")
    }
  }

  /// - Returns: whether the next round may follow at once.
  private func round() throws -> Bool {
    guard let life else { return false }
    rounds += 1
    let fate = drawFate(life)
    let firstNew = provider.handOvers.count
    arrange(fate, life)
    if fate != .fine { tell("round \(rounds): \(fate)") }
    let result = Result { try life.writer.round() }
    for gremlin in life.gremlins { gremlin.mood = .content }
    if case .failure = result, fate != .lost, fate != .killedBefore { throw Violation("rounds go on", "\(result)") }
    let isKilled = [.killedBefore, .killedAfter, .killedMeanwhile, .killedAtRest].contains(fate)
    if fate == .killedBefore || fate == .killedAfter { shop.answers = [] }
    if case .success = result { life.hasCommitted = true }
    let hasAnswers = try hear()
    for handOver in provider.handOvers[firstNew...] { tell(Self.line(handOver)) }
    try invariants.check(self, life, handOvers: provider.handOvers[firstNew...])
    if isKilled {
      die()
      return false
    }
    guard case .success(let round) = result else { return true }
    idleUntil = round.idleUntil
    retryAt = round.retryInMilliseconds.map { clock.time + $0 }
    return round.more || hasAnswers
  }

  private enum Fate: Equatable {
    case fine
    case lost
    case dutyFails(Int)
    case killedBefore
    case killedAfter
    case killedMeanwhile
    case killedAtRest
  }

  private func drawFate(_ life: Life) -> Fate {
    guard !isCalm else { return .fine }
    if fates.hits(weather.crashes) {
      guard weather.crashesOnlyAtRest else {
        return fates.pick([.killedBefore, .killedAfter, .killedMeanwhile, .killedAtRest])
      }
      if life.dispatch.unsettled.isEmpty { return .killedBefore }
    }
    if fates.hits(weather.lostRounds) { return .lost }
    if fates.hits(weather.failedDuties) { return .dutyFails(fates.below(life.gremlins.count)) }
    return .fine
  }

  private func arrange(_ fate: Fate, _ life: Life) {
    switch fate {
    case .fine, .killedAtRest: break
    case .lost, .killedBefore: life.gremlins[fates.below(life.gremlins.count)].mood = .losesRound
    case .dutyFails(let index): life.gremlins[index].mood = .fails
    case .killedAfter: life.dispatch.fate = .dead
    case .killedMeanwhile: life.dispatch.fate = .dying
    }
  }
}

// MARK: - Clients

extension World {
  /// A call of the world's own, now.
  func call(_ name: String, _ body: @escaping (Life, Connection, Int64) throws -> Void) {
    calls += 1
    submit(Call(number: 1_000_000 + calls, name: name, body: .write(body)))
  }

  private func submit(_ call: Call) {
    shop.asked(call)
    // Nobody listens: the client tries again when the server is back.
    guard let life else { return }
    switch call.body {
    case .events(let events):
      if bug.answersEarly { shop.accepted(call) }
      life.intake.accept(bug.events(events)) { [unowned self] result in
        note(call, result.flatMap(Self.refusal), life)
      }
    case .write:
      life.writer.submit { db, now in
        if case .write(let body) = call.body { try body(life, db, now) }
      } then: { [unowned self] result in
        note(call, result, life)
      }
    }
  }

  private static func refusal(_ answer: IntakeAnswer) -> Result<Void, any Error> {
    guard let rejected = answer.rejected.first else { return .success(()) }
    return .failure(Violation("good events are taken", "\(rejected.issues)"))
  }

  private func note(_ call: Call, _ result: Result<Void, any Error>, _ life: Life) {
    if !life.isDead { shop.answers.append((call, result)) }
  }

  /// Hears the answers of a round. Who was told to come again comes at once.
  private func hear() throws -> Bool {
    let answers = shop.answers
    shop.answers = []
    for (call, result) in answers {
      shop.answered(call)
      switch result {
      case .success:
        shop.accepted(call)
        tell("done: \(call.name) (\(call.number))")
      case .failure(let error):
        guard error is StoreUnavailable else { throw Violation("writes succeed", "\(call.name): \(error)") }
        if call.isPatient { submit(call) }
      }
    }
    return !shop.open.isEmpty && !answers.isEmpty
  }
}

// MARK: - Providers

extension World {
  private func receive(_ claim: Claim) {
    guard let life else { return }
    let (handOver, delay) = provider.receive(claim, time: clock.time, wall: clock.wall, life: life.number)
    timetable.add(.answer(handOver.number), at: clock.time + delay)
    guard case .handed(.accepted) = handOver.answer, !isCalm else { return }
    for (after, name, body) in reactions.all(to: claim) {
      calls += 1
      let call = Call(number: 1_000_000 + calls, name: name, body: .write(body(self)))
      timetable.add(.call(call), at: clock.time + delay + after)
    }
  }

  private func answer(_ number: Int) {
    let handOver = provider.handOvers[number]
    guard let life, life.number == handOver.life else { return }
    life.dispatch.answered(handOver.claim)
    if case .handed(.throttled(let seconds, _)) = handOver.answer {
      life.hold(handOver.claim.channel, until: clock.wall + Int64(max(1, seconds) * 1000))
    }
    provider.tell(number)
    life.delivery.accept(
      Outcome(claim: handOver.claim, result: handOver.answer, task: TaskText(subject: nil, text: "call")))
    life.writer.wake()
  }

  private static func line(_ handOver: Provider.HandOver) -> String {
    let claim = handOver.claim
    return
      "hand over \(claim.message) try \(claim.attempt) to \(claim.address) at \(handOver.wall) \(claim.values.text)"
  }
}
