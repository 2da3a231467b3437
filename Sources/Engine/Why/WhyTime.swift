import Domain
import JSON
import SQL

/// Why the time of a date or of a schedule has brought nobody in yet.
struct WhyTime {
  private let scene: WhyScene
  private let version: WhyScene.Version
  private let place: String
  private let zone: Zone

  /// - Parameter place: where the trigger stands.
  init(_ scene: WhyScene, _ version: WhyScene.Version, _ place: String) {
    (self.scene, self.version, self.place) = (scene, version, place)
    zone = scene.contact.zone ?? scene.rules.shopZone
  }

  func explain(_ date: DateTrigger, _ trigger: Int, _ check: Check) throws -> Check {
    var check = check
    let name = date.path.text
    let isBuiltIn = date.path.parts.first.map(ContactFields.builtIn.contains) ?? false
    let value = date.path.value(in: isBuiltIn ? scene.contact.json : .object(scene.contact.attributes))
    check.saw[name] = value ?? .null
    guard let value, !value.isNull else {
      check.turn = "a \(name) of his: he has none"
      return check
    }
    guard let day = value.string.flatMap({ OccasionDate($0, in: zone) }) else {
      check.turn = "a \(name) such as 2026-03-08: his is \(value.text)"
      return check
    }
    let next = try planned(trigger) ?? date.next(day, in: zone, from: scene.now, after: nil)?.at
    check.saw["next"] = next.map { .string($0.rfc3339) } ?? .null
    check.turn = next.map { "his \(name): its time comes at \($0.brief)" } ?? "a \(name) that is still to come"
    return check
  }

  func explain(_ schedule: ScheduleTrigger, _ trigger: Int, _ check: Check) throws -> Check {
    var check = check
    let next = try planned(trigger) ?? self.next(schedule.times)
    check.saw["next"] = next.map { .string($0.rfc3339) } ?? .null
    let coming =
      next.map { "the schedule's time, which comes for him at \($0.brief)" } ?? "a time that is still to come"
    guard let last = last(schedule.times) else {
      check.turn = coming + ", and that `to` holds then"
      check.parts = [try explain(schedule.to, at: scene.now)]
      return check
    }
    check.saw["last"] = .string(last.rfc3339)
    let state = try ChainPast(scene.chain.number, scene.db).state(at: last)
    guard state?.status == "live" else {
      check.turn = "\(coming): at \(last.brief) the chain was \(state?.status ?? "not published yet")"
      return check
    }
    guard scene.contact.firstSeenAt <= last else {
      check.turn = "\(coming): at \(last.brief) he was not known yet"
      return check
    }
    let to = try explain(schedule.to, at: last)
    check.parts = [to]
    check.turn =
      to.holds
      ? "\(coming): that of \(last.brief) had him among its people, and what became of it is not on record"
      : "`to` to have held for him at \(last.brief): \(to.turn)"
    return check
  }

  private func explain(_ to: Condition, at moment: Timestamp) throws -> Check {
    let nothing = EventFact(seq: 0, at: moment, type: "", properties: .object([:]))
    return try scene.explainer(version, RunScope(entering: nothing), of: nil, at: moment).explain(to, at: place + "/to")
  }

  /// What the calendar has for him.
  private func planned(_ trigger: Int) throws -> Timestamp? {
    let parsed = ChainVersion(
      number: scene.chain.number, id: scene.chain.id, version: version.number, chain: version.chain)
    guard let key = TimedTrigger.all(of: parsed).first(where: { $0.index == trigger })?.key else { return nil }
    let sql = """
      SELECT e.due_at FROM planned_entries e JOIN timetables t ON t.id = e.timetable
      WHERE e.contact = $1 AND t.chain = $2 AND t.trigger = $3 AND e.due_at IS NOT NULL ORDER BY e.due_at LIMIT 1
      """
    return try scene.db.first(sql, [.int(scene.contact.row), .int(key.chain), .text(key.name)]) {
      Timestamp(milliseconds: $0.int(0))
    }
  }

  private func moment(_ time: ScheduledTime) -> Timestamp { zone.moment(of: time.local) }

  private func next(_ times: ScheduleTrigger.Times) -> Timestamp? {
    var time = times.next(after: nil, from: today)
    while let found = time, moment(found) <= scene.now { time = times.next(after: found.number, from: today) }
    return time.map(moment)
  }

  /// By his own clock.
  private func last(_ times: ScheduleTrigger.Times) -> Timestamp? {
    if case .once(let local) = times {
      let moment = zone.moment(of: local)
      return moment <= scene.now ? moment : nil
    }
    for back in 0..<Self.longestGapDays {
      var last: Timestamp?
      let day = today.adding(days: -back)
      var time = times.next(after: nil, from: day)
      while let found = time, found.local.date == day, moment(found) <= scene.now {
        last = moment(found)
        time = times.next(after: found.number, from: day)
      }
      if let last { return last }
    }
    return nil
  }

  private var today: CivilDate { zone.local(scene.now).date }

  /// No rule for days leaves out more.
  private static let longestGapDays = 400
}
