import Delivery
public import Domain
public import Engine
import Ingest
public import JSON
public import SQL

/// What comes into a world, through the doors by which it comes into a server. It acts with the next `settle`.
extension World {
  /// What a job of the API's would write, chains among it.
  public func perform<T>(_ job: (Connection, _ now: Timestamp) throws -> T) throws -> T {
    catalog.invalidate()
    return try write(job)
  }

  /// The same for what changes no chain.
  func write<T>(_ job: (Connection, _ now: Timestamp) throws -> T) throws -> T {
    do {
      return try db.transaction { try job(db, now) }
    } catch {
      counters.forget()
      catalog.forget()
      throw error
    }
  }

  /// The document must be a template's.
  public func save(template id: String, _ document: String) throws {
    try write { db, now in _ = try TemplateStore().save(id, document, now: now, db) }
    templates.invalidate(id)
  }

  /// Who is in it by the time of the next event is a member and has not entered.
  public func save(segment id: String, _ document: String) throws {
    try perform { db, now in _ = try SegmentStore().save(id, document: document, now: now, db) }
  }

  /// Saves the chain and makes it live. Throws a `Refusal` with everything that stands in the way, as a server's publish.
  public func publish(_ id: String, _ document: String) throws {
    try perform { db, now in
      var references = References(
        channels: setting.rules.channels, templates: try TemplateStore().ids(db))
      references.partials = try TemplateStore().partials(db)
      references.chainID = id
      references.segments = Set(try SegmentStore().uses(db).keys)
      references.retention = setting.rules.retention
      let limits = JSONLimits(maxDepth: ChainStore.documentDepth)
      let result = ChainParser.parse(
        try JSONDocument(parsing: Array(document.utf8), limits: limits), references: references)
      guard result.chain != nil else { throw Refusal(result.errors) }
      let stored = try ChainStore().save(id, draft: document, now: now, db).stored
      if stored.draft != nil { try ChainStore().publish(stored, now: now, db) }
    }
  }

  /// Creates or changes a contact.
  public func put(_ contact: String, _ patch: ContactPatch) throws {
    try write { db, now in
      let change = try People().change(id: contact, patch, now: now, db)
      try log.append(own: ContactEvent.said(of: change), now: now.milliseconds, db)
    }
  }

  /// Events enter the log, accepted now.
  public func happen(_ events: [IncomingEvent]) throws {
    try write { db, now in _ = try log.append(events, now: now.milliseconds, db) }
  }

  /// What the server says of a contact: of a letter that this world has not sent.
  func happen(_ event: IncomingEvent, to contact: String) throws {
    try write { db, now in
      var event = event
      event.contact = try People().find(contact, db)?.row
      try log.append(own: [event], now: now.milliseconds, db)
    }
  }

  /// A call asks that the contact enters the chain.
  public func enroll(_ contact: String, into chain: String, _ properties: JSONObject = [:]) throws {
    try write { db, now in
      guard let row = try People().find(contact, db)?.row else { return }
      let event = ChainEvent.request(
        ChainEvent.requested, chain: chain, contact: row, by: "api", properties: properties)
      try log.append(own: [event], now: now.milliseconds, db)
    }
  }

  /// What became of the latest message of a step to a contact, as links, receipts and operators tell it.
  /// - Parameter isMachine: of an open or a click: no person did it.
  /// - Returns: false when nothing of that step has been sent to the contact yet.
  public func tell(_ fact: Reaction, of step: String, _ contact: String, isMachine: Bool = false) throws -> Bool {
    try write { db, now in
      guard let row = try People().find(contact, db)?.row, let id = try latest(step, row, db),
        let message = try MessageStore().reference(id, db)
      else { return false }
      var more: JSONObject = [:]
      if fact == .opened || fact == .clicked { more["machine"] = .bool(isMachine) }
      var type = "message." + fact.rawValue
      if fact == .answered, let task = try task(of: id, db) {
        guard case .done(let done) = try TaskStore().complete(task, as: .answered, note: nil, now: now, db) else {
          return false
        }
        type = "call.answered"
        more["task"] = .string(String(done.id))
        more["queue"] = .string(done.queue)
      }
      try log.append(own: [message.event(type, more: more).incoming], now: now.milliseconds, db)
      return true
    }
  }

  private func latest(_ step: String, _ contact: Int64, _ db: Connection) throws -> Int64? {
    let sql = """
      SELECT id FROM messages WHERE contact = $1 AND label = $2 AND sent_at IS NOT NULL ORDER BY sent_at DESC, id DESC
      LIMIT 1
      """
    return try db.first(sql, [.int(contact), .text(step)]) { $0.int(0) }
  }

  private func task(of message: Int64, _ db: Connection) throws -> Int64? {
    try db.first("SELECT id FROM tasks WHERE message = $1", [.int(message)]) { $0.int(0) }
  }
}

/// What can become of a message that was sent.
public enum Reaction: String, Sendable, CaseIterable {
  case delivered, opened, clicked, bounced, answered
}
