import Delivery
import SQL

/// The writer's rounds, and what may happen to one.
extension World {
  enum Fate: Equatable {
    case fine
    /// The store takes nothing, and the process lives on.
    case lost
    case dutyFails(Int)
    /// Killed before anything was written.
    case killedBefore
    /// Killed after the commit, before anybody has heard of it.
    case killedAfter
    /// Killed while messages are handed over.
    case killedMeanwhile
    case killedAtRest
    /// The disk fails at one of the round's operations.
    case disk

    var isKilled: Bool { [.killedBefore, .killedAfter, .killedMeanwhile, .killedAtRest].contains(self) }
  }

  /// Rounds until the server says that it has no more to do now.
  func settle() throws {
    var rounds = 0
    while life != nil {
      guard try round() else { break }
      rounds += 1
      guard rounds < mostRounds else {
        throw Violation("an instant ends", "\(rounds) rounds at \(clock.time) and still more to do")
      }
    }
    guard let life, failures == 0 else { return }
    try invariants?.checkRest(self, life)
    if let idleUntil, idleUntil <= clock.wall {
      throw Violation("an instant ends", "idle until \(idleUntil), which is not after \(clock.wall)")
    }
  }

  /// - Returns: whether the next round may follow at once.
  private func round() throws -> Bool {
    guard let life else { return false }
    tally.rounds += 1
    let fate = drawFate(life)
    let before = disk.operations
    let wasHeld = life.hold.fact != nil
    arrange(fate, life)
    life.round = tally.rounds
    let result = Result { try life.writer.round() }
    for gremlin in life.gremlins { gremlin.mood = .content }
    // Of a fault that was not met nothing is left, unless it lasts.
    if disk.fault?.count == 1 { disk.fault = nil }
    let hasFailed = disk.hasFailed
    if hasFailed { tally.diskFaults += 1 }
    (tally.handOvers, tally.erasures) = (provider.handOvers.count, erased.people.count)
    disk.hasFailed = false
    if case .failure = result, fate != .lost, fate != .killedBefore, !hasFailed {
      throw Violation("rounds go on", "\(result)")
    }
    if disk.operations - before > 2 { usualOperations = disk.operations - before }
    if fate == .killedBefore || fate == .killedAfter { shop.answers = [] }
    if case .success = result { life.committed(wall: clock.wall, wasHeld: wasHeld) }
    // What was answered before the machine stopped was heard.
    let hasAnswers = try hear()
    let handOvers = provider.handOvers[seenHandOvers...]
    seenHandOvers = provider.handOvers.count
    for handOver in handOvers { tell(handOver.line) }
    if disk.isDown {
      die()
      return false
    }
    try invariants?.check(
      self, life, handOvers: handOvers, wrote: disk.operations > before, lost: hasFailed)
    if fate.isKilled {
      die()
      return false
    }
    guard case .success(let round) = result else { return recoverLater(atOnce: !hasFailed) }
    failures = 0
    idleUntil = round.idleUntil
    retryAt = round.retryInMilliseconds.map { clock.time + $0 }
    defer { isWoken = false }
    return round.more || hasAnswers || isWoken
  }

  /// As the writer's own thread does it: soon, then ever more seldom. - Returns: whether at once.
  private func recoverLater(atOnce: Bool) -> Bool {
    if atOnce { return true }
    failures += 1
    (idleUntil, retryAt) = (nil, clock.time + min(600_000, 5 << Int64(failures)))
    return false
  }

  private func drawFate(_ life: Life) -> Fate {
    guard !isCalm else { return .fine }
    if fates.hits(weather.crashes) {
      guard weather.crashesOnlyAtRest else {
        return fates.pick([.disk, .disk, .disk, .killedAfter, .killedMeanwhile, .killedAtRest])
      }
      if life.dispatch.unsettled.isEmpty { return .killedBefore }
    }
    if disk.fault == nil, fates.hits(weather.diskFaults) { return .disk }
    if fates.hits(weather.lostRounds) { return .lost }
    if fates.hits(weather.failedDuties) { return .dutyFails(fates.below(life.gremlins.count)) }
    return .fine
  }

  private func arrange(_ fate: Fate, _ life: Life) {
    switch fate {
    case .fine: return
    case .killedAtRest: break
    case .lost, .killedBefore: life.gremlins[fates.below(life.gremlins.count)].mood = .losesRound
    case .dutyFails(let index): life.gremlins[index].mood = .fails
    case .killedAfter: life.dispatch.fate = .dead
    case .killedMeanwhile: life.dispatch.fate = .dying
    case .disk:
      let fault = drawFault(among: usualOperations + 4)
      disk.fault = fault
      // A full disk stays full until somebody makes room.
      if fault.count > 1 { timetable.add(.healDisk, at: clock.time + fates.pick([100, 60_000, 4 * 3_600_000])) }
      tell("round \(tally.rounds): \(fault)")
      return
    }
    tell("round \(tally.rounds): \(fate)")
  }

  func drawFault(among operations: Int) -> DiskFault {
    var kinds: [DiskFault.Kind] = []
    if weather.crashes > 0 { kinds += fates.hits(weather.powerFails) ? [.powerFails] : [.processEnds] }
    if weather.diskFaults > 0 { kinds += [.isFull, .writeFails, .syncFails] }
    let kind = fates.pick(kinds)
    let lasts = (kind == .isFull || kind == .syncFails) && fates.hits(300)
    return DiskFault(kind: kind, after: fates.below(operations), count: lasts ? .max : 1)
  }
}
