import JSON

extension StepFunction {
  /// When a wait is over that counts from where it says, or from `reset` when it began anew then.
  func waitEnd(_ wait: Wait, from reset: Timestamp? = nil) throws -> Timestamp {
    let base = reset ?? start(of: wait)
    let earliest = wait.atLeast.after(base, in: view.zone)
    guard let atMost = wait.atMost else { return earliest }
    let latest = atMost.after(base, in: view.zone)
    // Of a window that has begun, what is left.
    return latest <= now ? latest : try bestMoment(from: max(earliest, now), to: latest)
  }

  /// The contact lives by another clock now, or the date that he waits for is another: what stands ends when it would,
  /// had it been so from its start, and at once if that is past. What is over stays so.
  mutating func renewEnd(of step: Step, _ change: ContactChange) throws {
    guard let due = run.stepDueAt, due > now, !step.clockFields.isDisjoint(with: change.fields),
      let end = try end(of: step), max(end, now) != due
    else { return }
    run.stepDueAt = max(end, now)
    effects.append(.count(step: step.label, outcome: "moved"))
  }

  /// When the step at which the run stands ends by time, worked out anew; nil where nothing does, or no date is known.
  private func end(of step: Step) throws -> Timestamp? {
    switch step.kind {
    case .wait(let wait): try waitEnd(wait, from: reset(of: wait))
    case .waitUntil(let rule): try moment(of: rule, from: run.stepStart.at)
    case .waitFor(let wait): wait.atMost.after(run.stepStart.at, in: view.zone)
    case .send, .branch, .choose, .split, .set, .list, .webhook, .offer, .enter, .leave, .exit: nil
    }
  }

  /// When a wait that stands began anew, if it counted from somewhere else before. No run says so: of the two moments it
  /// is the one that its end fits better.
  func reset(of wait: Wait) throws -> Timestamp? {
    guard wait.since != .ownStart, !wait.resetOn.isEmpty, let due = run.stepDueAt else { return nil }
    let (anew, first) = (try waitEnd(wait, from: run.stepStart.at), try waitEnd(wait))
    return abs(anew - due) < abs(first - due) ? run.stepStart.at : nil
  }

  private func start(of wait: Wait) -> Timestamp {
    switch wait.since {
    case .ownStart: run.stepStart.at
    case .entry: run.enteredAt
    case .step(let step): run.marks[step]?.at ?? run.stepStart.at
    }
  }

  /// The first permitted moment inside the window, or the contact's best hour there if enough is known of him; if
  /// nothing in the window is permitted, the first permitted moment after it.
  private func bestMoment(from earliest: Timestamp, to latest: Timestamp) throws -> Timestamp {
    let hours = nextSendHours()
    let first = hours.firstMoment(from: earliest, in: view.zone)
    guard first <= latest, let counts = try view.readingHours(before: now) else { return first }
    var best: (count: Int, moment: Timestamp)?
    for start in hourStarts(from: earliest, to: latest) {
      let permitted = hours.firstMoment(from: max(start, earliest), in: view.zone)
      let hour = view.zone.local(permitted).hour
      guard permitted <= latest, hour == view.zone.local(max(start, earliest)).hour else { continue }
      if let count = counts[safe: hour], count > best?.count ?? 0 { best = (count, permitted) }
    }
    guard let best else { return first }
    let spread = best.moment + spread(over: best.moment)
    return spread <= latest && hours.contains(spread, in: view.zone) ? spread : best.moment
  }

  /// The local hours that touch the window.
  private func hourStarts(from earliest: Timestamp, to latest: Timestamp) -> [Timestamp] {
    let hour: Int64 = 3_600_000
    var local = view.zone.local(earliest)
    local.millisecondOfDay -= local.millisecondOfDay % hour
    var starts: [Timestamp] = []
    while starts.count < Self.hoursLookedAt {
      let start = view.zone.moment(of: local)
      guard start <= latest else { break }
      starts.append(start)
      local.millisecondOfDay += hour
      if local.millisecondOfDay >= LocalTime.millisecondsPerDay {
        local = LocalTime(date: local.date.adding(days: 1), millisecondOfDay: 0)
      }
    }
    return starts
  }

  /// A month of hours: in a longer window the best one has come by then.
  private static let hoursLookedAt = 24 * 31

  /// Up to the end of the local hour, by a hash of the contact: not everybody at the full hour.
  private func spread(over moment: Timestamp) -> Int64 {
    let hour: Int64 = 3_600_000
    let left = hour - view.zone.local(moment).millisecondOfDay % hour
    return Int64(StableHash.of("\(run.contact)") % UInt64(left))
  }

  /// The allowed hours of the next message on the run's own way. Which way it will turn nobody knows yet: where several
  /// may be next, the hours that suit them all, so that none of them is held back; where there are none such, those of
  /// the one that stands first in the document.
  private func nextSendHours() -> AllowedHours {
    let each = chain.nextSends(after: run.step).map { chain.allowedHours(for: $0, rules) }
    let all = AllowedHours(meeting: each)
    return all.everMeet ? all : each.first ?? .always
  }

  /// Nil when the date is not known.
  /// - Parameter start: from when on a clock time counts.
  func moment(of rule: WaitUntil, from start: Timestamp) throws -> Timestamp? {
    switch rule {
    case .clock(let clock, let days): return nextMoment(of: clock, on: days, from: start)
    case .date(let reference, let offset, let clock):
      guard let text = try evaluator.value(.from(reference))?.string, let date = CivilDate(text, in: view.zone) else {
        return nil
      }
      return offset.moment(from: date, at: clock, in: view.zone)
    }
  }

  /// The first such clock time from `start` on, on a day that fits; within four years there is one for every rule.
  private func nextMoment(of clock: ClockTime, on days: [DayRule], from start: Timestamp) -> Timestamp? {
    let today = view.zone.local(start).date
    for offset in 0..<1500 {
      let date = today.adding(days: offset)
      guard days.isEmpty || days.contains(where: { $0.fits(date) }) else { continue }
      let moment = view.zone.moment(of: LocalTime(date: date, millisecondOfDay: Int64(clock.minute) * 60_000))
      if moment >= start { return moment }
    }
    return nil
  }
}

/// FNV-1a, 64 bits: the same on every machine and in every process, unlike Swift's own hashes.
public enum StableHash {
  public static func of(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }

  /// A place in 0 ..< `whole`, even among texts that differ little: the hash is stirred as MurmurHash3 ends.
  public static func share(of text: String, whole: Int = 10_000) -> Int {
    var hash = of(text)
    hash = (hash ^ hash >> 33) &* 0xff51_afd7_ed55_8ccd
    hash = (hash ^ hash >> 33) &* 0xc4ce_b9fe_1a85_ec53
    return Int((hash ^ hash >> 33) % UInt64(whole))
  }
}
