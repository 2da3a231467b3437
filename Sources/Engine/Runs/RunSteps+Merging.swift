import Domain
import Ingest
import JSON
import SQL

extension RunSteps {
  /// Whose event it is. Those without an id whom it names together with somebody who has one are that person from here
  /// on: the event itself sees one history.
  ///
  /// Nil: he was erased while it waited, and it goes with him. What comes later is refused at the door.
  func contact(of event: StoredEvent, _ round: inout EngineRound, _ db: Connection) throws -> Int64? {
    if let contact = event.contact { return try timeline.merged.survivor(of: contact, db) }
    guard let keys = try keys(of: event, db) else { return nil }
    let found = try people.whose(keys, at: event.at, db)
    for other in found.others {
      try merge(other, into: found.row, by: .event, now: event.decidedAt, position: event.seq, &round, db)
    }
    if !found.learned.isEmpty {
      try log.append(
        own: [ContactEvent.updated(found.row, fields: found.learned)], now: round.now.milliseconds, db)
    }
    return found.row
  }

  private func keys(of event: StoredEvent, _ db: Connection) throws -> ContactKeys? {
    guard event.seq <= tombstones.doubtfulThrough else { return event.keys }
    switch tombstones.judge(event.keys) {
    case .passes where !event.keys.isEmpty: return event.keys
    case .without(let keys):
      try log.keep(keys, of: event.seq, db)
      return keys
    case .erased, .passes:
      try log.erase(event.seq, db)
      try EventLog.noteErasure(db)
      return nil
    }
  }

  /// A call, or a change from outside, has asked for it.
  func merge(askedBy occasion: Occasion, _ round: inout EngineRound, _ db: Connection) throws {
    let properties = try occasion.fact().properties
    guard let asked = properties["into"]?.number?.int,
      let reason = properties["by"]?.string.flatMap(ContactEvent.Reason.init)
    else { return }
    let survivor = try timeline.merged.survivor(of: asked, db)
    if reason != .call {
      // What has come meanwhile may have told them apart.
      guard try occasion.contact()?.externalID == nil, try people.contact(survivor, db)?.externalID != nil else {
        return
      }
    }
    try merge(
      occasion.row, into: survivor, by: reason, now: occasion.now, position: occasion.event.seq, &round, db)
  }

  /// Makes one of two contacts. Cost: the rows of the one that is merged; of a very long timeline the newest, the rest
  /// follows in slices.
  private func merge(
    _ contact: Int64, into survivor: Int64, by reason: ContactEvent.Reason, now: Timestamp, position: Int64,
    _ round: inout EngineRound, _ db: Connection
  ) throws {
    guard contact != survivor, let old = try people.contact(contact, db),
      let kept = try people.contact(survivor, db)
    else { return }
    // Who is being erased is nobody any more: neither takes anybody along, nor leaves his past to another.
    guard try !tombstones.isLeaving(contact, db), try !tombstones.isLeaving(survivor, db) else { return }
    // The survivor's segments are asked anew when `contact.merged` acts.
    try Memberships().forget(contact, db)
    let changed = try people.absorb(old, into: kept, now: now, db)
    let hasRest = try timeline.merge(contact, into: survivor, db)
    try timeline.merged.record(contact, into: survivor, at: now.milliseconds, hasRest: hasRest, db)
    try moveRuns(of: contact, to: survivor, now: now, &round, db)
    round.hasMerged = true
    var events = [ContactEvent.merged(id: old.externalID, into: survivor, by: reason)]
    if !changed.isEmpty { events.append(ContactEvent.updated(survivor, fields: changed)) }
    try log.append(own: events, now: round.now.milliseconds, db)
  }

  /// Of two runs that exclude each other the older lives; a place for life is the older's, too.
  private func moveRuns(
    of contact: Int64, to survivor: Int64, now: Timestamp, _ round: inout EngineRound, _ db: Connection
  ) throws {
    for (mine, other) in try runs.rivals(of: contact, survivor, onceInALife: true, db) {
      try runs.giveUpPlace(max(mine, other), db)
    }
    for (mine, other) in try runs.rivals(of: contact, survivor, onceInALife: false, db) {
      guard var run = try runs.run(max(mine, other), db) else { continue }
      // What his end does, it does for the survivor.
      run.contact = survivor
      if let version = try readable(run, db) {
        try end(run, version, reason: "merged", now: now, &round, db)
      } else {
        try runs.stopExcluding(run.id, db)
      }
    }
    try runs.move(of: contact, to: survivor, db)
  }
}
