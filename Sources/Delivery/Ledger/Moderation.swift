import Domain
import Engine
import SQL

/// What keeps marketing from one contact bearable, whatever chains it comes from: a quiet time after some events, and
/// frequency caps, whose last slot goes to the chain that matters most.
struct Moderation {
  let rules: Rules
  let catalog: ChainCatalog
  let recent: RecentRows
  let merged: MergedContacts

  struct Restraint {
    /// The first moment at which it may be over.
    let until: Timestamp
    let by: HeldBy
  }

  /// What depends on messages whose end is not known yet is looked at again after so long.
  private static let undecidedMilliseconds: Int64 = 900_000

  /// Nil when nothing holds the message; `rivalPasses` says of another one whether it would leave now but for caps'
  /// competition.
  /// Cost: nothing without caps and quiet times; a look into an index for each that binds the channel.
  func restraint(
    of message: DueMessage, view: any ContactView, inHand: SlotsInHand, now: Timestamp, _ db: Connection,
    rivalPasses: (DueMessage) throws -> Bool
  ) throws -> Restraint? {
    if let quiet = try quiet(view, now: now) { return quiet }
    for cap in rules.caps where cap.channels.contains(message.channel) {
      let slots = try slots(of: cap, message.contact, in: view.zone, inHand: inHand, now: now, db)
      if slots.free <= 0 {
        return restraint(slots, ahead: 0, winner: slots.winner(over: message), cap, in: view.zone, now: now)
      }
      let winners = try winners(over: message, of: cap, free: slots.free, now: now, db, rivalPasses)
      guard let last = winners.last, winners.count >= slots.free else { continue }
      return restraint(slots, ahead: winners.count, winner: last, cap, in: view.zone, now: now)
    }
    return nil
  }

  /// The same of a rival, who takes part in no competition meanwhile.
  func holds(
    _ message: DueMessage, view: any ContactView, inHand: SlotsInHand, now: Timestamp, _ db: Connection
  ) throws -> Bool {
    if try quiet(view, now: now) != nil { return true }
    for cap in rules.caps where cap.channels.contains(message.channel) {
      let slots = try slots(of: cap, message.contact, in: view.zone, inHand: inHand, now: now, db)
      if slots.free <= 0 { return true }
    }
    return false
  }

  // MARK: - Quiet times

  /// The quiet time that is over last.
  private func quiet(_ view: any ContactView, now: Timestamp) throws -> Restraint? {
    var last: Restraint?
    for (type, span) in rules.quietAfter.sorted(by: { $0.key < $1.key }) {
      // A day more than any calendar makes of it.
      let since = now + -(span.approximateMilliseconds + LocalTime.millisecondsPerDay)
      var until: Timestamp?
      try view.events(of: type, since: since, until: now) { event in
        until = span.after(event.at, in: view.zone)
        return false
      }
      guard let until, until > now, until > last?.until ?? now else { continue }
      last = Restraint(until: until, by: .quietAfter(type))
    }
    return last
  }

  // MARK: - Caps

  private struct Slots {
    let limit: Int
    /// The newest that count, the latest first, at most `limit`: when they were handed over, and by which chain.
    let taken: [(at: Timestamp, chain: Int64)]
    let inHand: [SlotsInHand.Slot]

    var free: Int { limit - taken.count - inHand.count }

    /// The chain that took the last slot while the message was due, too.
    func winner(over message: DueMessage) -> Int64? {
      if let last = inHand.last { return last.chain }
      return taken.first.flatMap { $0.at >= message.dueAt ? $0.chain : nil }
    }
  }

  /// Until there is room: the newest `limit`, with those ahead, fill the slots, and the oldest of these goes first.
  private func restraint(
    _ slots: Slots, ahead: Int, winner: Int64?, _ cap: FrequencyCap, in zone: Zone, now: Timestamp
  ) -> Restraint {
    let held = HeldBy.cap(cap, winner: winner.flatMap { catalog.entry($0)?.id })
    let undecided = slots.inHand.count + ahead
    let soon = now + Self.undecidedMilliseconds
    guard undecided < cap.limit else { return Restraint(until: soon, by: held) }
    let free = cap.per.after(slots.taken[cap.limit - 1 - undecided].at, in: zone)
    return Restraint(until: undecided > 0 ? min(free, soon) : free, by: held)
  }

  private static let handedOver = Query(
    """
    SELECT sent_at, channel, chain FROM messages
    WHERE contact = $1 AND purpose = 'marketing' AND sent_at IS NOT NULL AND sent_at > $2 ORDER BY sent_at DESC
    """)

  private func slots(
    of cap: FrequencyCap, _ contact: Int64, in zone: Zone, inHand: SlotsInHand, now: Timestamp, _ db: Connection
  ) throws -> Slots {
    let since = now + -(cap.per.approximateMilliseconds + LocalTime.millisecondsPerDay)
    var taken: [(at: Timestamp, chain: Int64)] = []
    let bind = { (statement: Statement) in
      statement.bind(1, contact)
      statement.bind(2, since.milliseconds)
    }
    try db.each(Self.handedOver, bind) { row in
      let at = Timestamp(milliseconds: row.int(0))
      guard cap.per.after(at, in: zone) > now else { return false }
      if cap.channels.contains(row.text(1)) { taken.append((at, row.int(2))) }
      return taken.count < cap.limit
    }
    let inHand = try inHand.slots(of: contact, over: cap.channels, merged, db)
    return Slots(limit: cap.limit, taken: taken, inHand: inHand)
  }

  /// The chains of as many better messages as there are slots, or of fewer if there are not so many.
  private func winners(
    over message: DueMessage, of cap: FrequencyCap, free: Int, now: Timestamp, _ db: Connection,
    _ passes: (DueMessage) throws -> Bool
  ) throws -> [Int64] {
    let own = try priority(message, db)
    var better: [(rival: DueMessage, priority: Int)] = []
    for rival in try DueMessage.marketing(to: message.contact, through: now, db)
    where rival.id != message.id && cap.channels.contains(rival.channel) {
      let priority = try priority(rival, db)
      // Ids rise with the time of planning.
      if priority > own || (priority == own && rival.id < message.id) { better.append((rival, priority)) }
    }
    better.sort { ($1.priority, $0.rival.id) < ($0.priority, $1.rival.id) }
    var winners: [Int64] = []
    for (rival, _) in better where winners.count < free {
      if try passes(rival) { winners.append(rival.chain) }
    }
    return winners
  }

  private func priority(_ message: DueMessage, _ db: Connection) throws -> Int {
    do {
      guard let run = try recent.run(message.run, db) else { return 0 }
      return try catalog.version(run.chain, run.version, db)?.chain.priority ?? 0
    } catch is UnreadableVersion {
      return 0
    }
  }
}
