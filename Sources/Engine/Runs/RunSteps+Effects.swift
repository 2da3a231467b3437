import Domain
import Ingest
import JSON
import SQL

extension RunSteps {
  /// What a decision does beside messages and figures.
  func carryOut(
    _ effect: Effect, for run: Run, of version: ChainVersion, now: Timestamp, wall: Int64, _ db: Connection
  ) throws {
    switch effect {
    case .set(let values):
      guard try people.set(values, of: run.contact, now: now, db) else { return }
      try log.append(
        own: [ContactEvent.updated(run.contact, fields: values.map { "attributes." + $0.name }, by: version.id)],
        now: wall, db)
    case .list(let list, let add):
      guard try Lists().set(run.contact, on: list, add, now: now, db) else { return }
      try log.append(
        own: [ContactEvent.updated(run.contact, fields: ["lists." + list], by: version.id)], now: wall, db)
    case .offer(let slot, let template, let until):
      let offer = Offers.Offer(
        slot: slot, template: template, chain: run.chain, chainID: version.id, run: run.id,
        priority: version.chain.priority, values: try SceneValues(of: run, version, recent, db).object, at: now,
        until: until)
      try Offers().show(offer, to: run.contact, db)
    case .enter(let chain):
      // Of another person's event it passes on what is shared, like everything else.
      let trigger =
        run.actor == nil
        ? try recent.trigger(run.triggerSeq, db)?.properties.object ?? [:]
        : try SceneValues(of: run, version, recent, db).object["trigger"]?.object ?? [:]
      let event = ChainEvent.request(
        ChainEvent.requested, chain: chain, contact: run.contact, by: version.id, properties: trigger)
      try log.append(own: [event], now: wall, db)
    case .leave(let chain):
      let event = ChainEvent.request(ChainEvent.leaving, chain: chain, contact: run.contact, by: version.id)
      try log.append(own: [event], now: wall, db)
    case .assign(let step, let variant):
      try Variants().give(variant, of: step, to: run.contact, chain: run.chain, db)
    case .win(let step, let variant):
      try Variants().win(variant, of: step, chain: run.chain, now: now, db)
      report("\(version.id): \(step) is decided, \(variant) wins")
    case .webhook(let id, let step, let data):
      try outbox.post(
        data, to: id, chain: version.id, step: step, of: try recent.contact(run.contact, db), at: now,
        now: Timestamp(milliseconds: wall), db)
    case .plan, .withdraw, .count: break
    }
  }
}
