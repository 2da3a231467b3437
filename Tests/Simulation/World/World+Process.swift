import Delivery
import Domain
import Engine
import Erasure
import Ingest
import Retention
import SQL

/// The server's process: how it starts, and how it ends.
extension World {
  func start() throws {
    guard life == nil else { return }
    lives += 1
    tell("start \(lives)")
    disk.start()
    if !isCalm, !weather.crashesOnlyAtRest, fates.hits(weather.crashes + weather.diskFaults) {
      disk.fault = drawFault(among: 40)
    }
    do { try open() } catch {
      guard disk.hasFailed else { throw Violation("a start goes well", "\(error)") }
      // It says why and exits; somebody starts it again.
      tell("no start: \(disk.isDown ? "it was killed" : "the disk failed")")
      end()
      return
    }
    (disk.fault, disk.hasFailed) = (nil, false)
    try invariants?.checkAll(self)
    if bug.replaysClaims, !lostClaims.isEmpty { life?.dispatch.handOver(lostClaims) }
    lostClaims = []
    if let life { try catchUp(life) }
  }

  /// Before anything is served: the file may not know of all erasures that the journal has.
  private func catchUp(_ life: Life) throws {
    let known = try Facts.read(Erasures.journalFact, life.connection).flatMap { Int($0) } ?? 0
    guard journal.count > known else { return serve(life) }
    learn(life)
  }

  private func learn(_ life: Life) {
    life.writer.submit { db, _ in
      try life.erasures.catchUp(db)
    } then: { [unowned self] result in
      guard !life.isDead, !disk.isDown else { return }
      guard case .success = result else { return learn(life) }
      isWoken = true
      serve(life)
    }
  }

  private func serve(_ life: Life) {
    life.isServing = true
    for call in shop.takeUnanswered() where call.isPatient && !givesUp(call) { submit(call) }
  }

  private func open() throws {
    let number = lives
    let dispatch = SimulatedDispatch(isTrustful: bug.trustsProviders) { [unowned self] claim in
      Chance.hits(500, seed, for: "survives \(claim.message) \(claim.attempt) \(number)")
    } receive: { [unowned self] claim in
      if !disk.isDown { receive(claim) }
    }
    let isCopy = !isCalm && lives > 1 && fates.hits(weather.copies)
    let life = try Life(number: number, world: self, dispatch: dispatch, isCopy: isCopy)
    if isCopy { held() }
    life.retryAsked = { [unowned self] message in
      let after = provider.handOvers(of: message).count
      provider.retriesAsked.insert(Provider.Allowance(message: message, after: after))
    }
    self.life = life
    (idleUntil, retryAt, failures) = (nil, nil, 0)
    if let invariants {
      try invariants.reopen()
    } else {
      invariants = try Invariants(path: Self.path, vfs: vfs.name, rules: rules, weather, erased)
    }
  }

  /// Some hours later a person lets it go.
  private func held() {
    tell("held as a copy")
    calls += 1
    let body: Call.Body = .write { [unowned self] life, db, now in
      guard life.hold.fact != nil else { return }
      try life.hold.release(now: Timestamp(milliseconds: now), db)
      db.onCommit { [unowned self] in
        life.engine.startOver()
        isWoken = true
      }
    }
    let call = Call(number: 1_000_000_000 + calls, name: "release", body: body)
    timetable.add(.call(call), at: clock.time + fates.pick([1, 3_600_000, 30 * 3_600_000]))
  }

  private func givesUp(_ call: Call) -> Bool {
    guard case .events = call.body else { return false }
    return Chance.hits(weather.clientsGivingUp, seed, for: "gives up \(call.number) \(lives)")
  }

  /// The process is gone, by a signal or with the machine's power.
  func die() {
    guard let life else { return }
    if !disk.isDown { disk.crash(power: fates.hits(weather.powerFails)) }
    tell(disk.hasPower ? "killed" : "the power failed")
    lostClaims = provider.open(inLife: life.number).map(\.claim)
    end()
  }

  private func end() {
    // Whatever SQLite would do in good order comes too late: its files are closed to the dead.
    if !disk.isDown { disk.crash(power: false) }
    if disk.hasPower { tally.kills += 1 } else { tally.powerFailures += 1 }
    countWork()
    life?.end()
    life = nil
    (disk.fault, disk.hasFailed, shop.answers) = (nil, false, [])
    let isOutage = fates.hits(weather.outages)
    timetable.add(.start, at: clock.time + (isOutage ? fates.between(60_000, 36 * 3_600_000) : 0))
  }

  /// Of a life that ends.
  func countWork() {
    tally.checkpoints += life?.writer.metrics.checkpoints ?? 0
    tally.deleted.merge(life?.retention?.metrics ?? [:], uniquingKeysWith: +)
  }
}
