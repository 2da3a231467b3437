import Delivery
import Domain
import Engine
import Erasure
import Ingest
import JSON
import SQL

/// What the API does inside the writer's jobs, for the simulation's clients. Each may be asked twice.
struct Desk {
  let life: Life
  let db: Connection
  let now: Int64

  private var moment: Timestamp { Timestamp(milliseconds: now) }
  private let store = ChainStore()

  init(_ life: Life, _ db: Connection, _ now: Int64) { (self.life, self.db, self.now) = (life, db, now) }

  // MARK: - Chains

  func publish(_ id: String, _ document: String, runs: InsideRuns = .pin) throws {
    try publishDraft(try store.save(id, draft: document, now: moment, db).stored, runs)
  }

  /// The draft, or what is live already, once more.
  func publishAgain(_ id: String, runs: InsideRuns = .pin) throws {
    if let stored = try store.chain(id, db) { try publishDraft(stored, runs) }
  }

  private func publishDraft(_ stored: ChainStore.Stored, _ runs: InsideRuns) throws {
    guard stored.draft != nil || stored.status != .paused || runs != .pin else { return }
    // The API says that one is under way, and to come again.
    let runs = stored.movingTo == nil ? runs : .pin
    try store.publish(stored, runs: runs, now: moment, db)
    life.catalog.invalidate()
  }

  func pause(_ id: String) throws { try change(id) { try store.pause($0, now: moment, db) } }

  func resume(_ id: String) throws { try change(id) { try store.resume($0, now: moment, db) } }

  func archive(_ id: String) throws { try change(id) { try store.archive($0, now: moment, db) } }

  /// What `resume` would be if it forgot the runs.
  func resumeHalf(_ id: String) throws {
    try change(id) { stored in
      try db.run("UPDATE chains SET status = 'live' WHERE number = $1 AND status = 'paused'", [.int(stored.number)])
    }
  }

  private func change(_ id: String, _ body: (ChainStore.Stored) throws -> Void) throws {
    guard let stored = try store.chain(id, db) else { return }
    try body(stored)
    life.catalog.invalidate()
  }

  func saveTemplate(_ id: String, _ document: String) throws {
    try TemplateStore().save(id, document, now: moment, db)
  }

  // MARK: - Contacts

  func put(_ id: String, _ patch: ContactPatch) throws {
    let keys = try People.keys(id, patch)
    do { try change(id, patch) } catch is Refusal where life.erased.mayLack(keys) { return }
    guard !life.erased.isErased(keys) else {
      throw Violation("nobody who was erased comes back by himself", "put \(id)")
    }
  }

  private func change(_ id: String, _ patch: ContactPatch) throws {
    let change = try People(life.tombstones).change(id: id, patch, now: moment, db)
    try life.log.append(own: ContactEvent.said(of: change), now: now, db)
  }

  /// Everything about him goes.
  func erase(_ id: String) throws {
    if let contact = try People().find(id, db)?.row { life.erased.asked(id, try Erased.Person(of: contact, db)) }
    // Nothing of his must stand in it.
    let name = "erasure \(life.round)-\(id.dropFirst())"
    let act = try life.erasures.erase(id, reason: "request", by: "desk", id: name, now: now, db)
    if act != nil { db.onCommit { [erased = life.erased] in erased.answered(id) } }
  }

  /// He has signed up again.
  func readmit(_ id: String, _ patch: ContactPatch) throws {
    let keys = try People.keys(id, patch)
    try life.erasures.readmit(keys, now: now, db)
    try change(id, patch)
    db.onCommit { [erased = life.erased] in erased.back(keys) }
  }

  func merge(_ id: String, into other: String) throws {
    guard let contact = try People().find(id, db)?.row, let survivor = try People().find(other, db)?.row else { return }
    try life.log.append(own: [ContactEvent.merge(contact, into: survivor, by: .call)], now: now, db)
  }

  private func updated(_ contact: Int64, _ fields: [String]) throws {
    guard !fields.isEmpty else { return }
    let properties: JSONValue = ["changed": .array(fields.map(JSONValue.string))]
    let event = IncomingEvent(type: "contact.updated", properties: properties.serialized(), contact: contact)
    try life.log.append(own: [event], now: now, db)
  }

  /// By a link in a message. Asked twice, it is done once. False: he is no more.
  func unsubscribe(_ claim: Claim) throws -> Bool {
    guard let message = try MessageStore().message(claim.message, db),
      let contact = try People().contact(message.contact, db), try !life.tombstones.isLeaving(contact.row, db)
    else { return false }
    for address in Set([message.address, contact.address(for: claim.channel)].compactMap { $0 }).sorted() {
      try Suppressions().add(
        Suppression(address: address, channel: claim.channel, reach: .marketing, reason: "unsubscribed", at: moment), db
      )
    }
    guard try Consents().granted(by: contact.row, channel: claim.channel, db) != false else { return true }
    try Consents().record(ConsentProof(channel: claim.channel, granted: false), of: contact.row, now: moment, db)
    try say("message.unsubscribed", of: claim)
    try updated(contact.row, ["consents." + claim.channel])
    return true
  }

  /// Nobody complains of who is forgotten: it would be the address alone that comes back.
  func suppress(_ address: String) throws {
    guard !life.erased.mayLack(address) else { return }
    try Suppressions().add(Suppression(address: address, reason: "complaint", at: moment), db)
  }

  // MARK: - Messages

  /// The server's own event about a message, as long as it is there.
  func say(_ type: String, of claim: Claim, more: JSONObject = [:]) throws {
    guard try MessageStore().message(claim.message, db) != nil else { return }
    let event = MessageEvent(
      type: type, message: claim.message, contact: claim.contact, channel: claim.channel, chain: claim.chain,
      step: claim.step, more: more)
    try life.log.append(own: [event.incoming], now: now, db)
  }

  /// The oldest message whose end nobody knows. Returns it.
  func resolve(as verdict: Resolution.Verdict) throws -> Int64? {
    let sql = "SELECT id FROM messages WHERE status = 'unknown' ORDER BY id LIMIT 1"
    guard let id = try db.first(sql, [], { $0.int(0) }), let message = try MessageStore().message(id, db) else {
      return nil
    }
    let resolution = Resolution(log: life.log, counters: life.counters)
    return try resolution.resolve(message, as: verdict, now: moment, db) ? id : nil
  }

  /// An operator makes the oldest call.
  func completeTask(as result: OperatorTask.Result) throws {
    let tasks = TaskStore()
    let open = try tasks.page(queue: nil, status: .open, after: 0, limit: 1, now: moment, db)
    guard let task = open.first, let message = try MessageStore().message(task.message, db),
      case .done = try tasks.complete(task.id, as: result, note: nil, now: moment, db)
    else { return }
    let event = MessageEvent(
      type: "call." + result.rawValue, message: message.id, contact: message.contact, channel: message.channel,
      chain: message.chain, step: message.step, more: ["task": .string(String(task.id))])
    try life.log.append(own: [event.incoming], now: now, db)
  }
}
